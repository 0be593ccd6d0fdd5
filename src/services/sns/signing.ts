/** Signatures of messages: https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html */
import { createHash, createPrivateKey, createPublicKey, generateKeyPair, hash, type KeyObject, sign } from "node:crypto";
import { promisify } from "node:util";
import type { Clock } from "#kit/clock.ts";
import { BoundedCache } from "#wire/auth/bounded-cache.ts";
import { rememberedSignatures } from "./limits.ts";
import type { SnsPorts } from "./ports.ts";

export type SignatureVersion = "1" | "2";

const signed = {
  Notification: ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"],
  confirmation: ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"],
} as const;

/** The text that is signed: names and values of some members, each on a line of its own. */
export function textToSign(document: Readonly<Record<string, unknown>>): string {
  const members = document.Type === "Notification" ? signed.Notification : signed.confirmation;
  return members
    .filter((name) => document[name] !== undefined && document[name] !== null)
    .map((name) => `${name}\n${String(document[name])}\n`)
    .join("");
}

const renewBeforeMs = 30 * 86_400_000;
const makeKeyPair = promisify(generateKeyPair);
const signInBackground = promisify(sign);

interface SigningKey {
  privateKey: KeyObject;
  publicKey: KeyObject;
  /** 32 hexadecimal digits that change with the key. */
  id: string;
}

/** The key is made when the first message is signed, and kept in the data folder. */
export class MessageSigner {
  readonly #ports: Pick<SnsPorts, "certificates" | "keepFile">;
  readonly #clock: Clock;
  #key: Promise<SigningKey> | undefined;
  #certificate: { certificate: string; expiresMs: number } | undefined;
  readonly #signatures = new BoundedCache<string>(rememberedSignatures);
  readonly #underWay = new Map<string, Promise<string>>();

  constructor(ports: Pick<SnsPorts, "certificates" | "keepFile">, clock: Clock) {
    this.#ports = ports;
    this.#clock = clock;
  }

  /** Base64. What many subscribers get is signed once: signing costs more than the rest of a delivery. */
  async sign(text: string, version: SignatureVersion): Promise<string> {
    const key = `${version} ${hash("sha256", text, "base64")}`;
    const known = this.#signatures.get(key) ?? this.#underWay.get(key);
    if (known !== undefined) return known;
    const signing = this.#signAnew(text, version);
    this.#underWay.set(key, signing);
    try {
      const signature = await signing;
      this.#signatures.set(key, signature);
      return signature;
    } finally {
      this.#underWay.delete(key);
    }
  }

  async #signAnew(text: string, version: SignatureVersion): Promise<string> {
    const { privateKey } = await this.#open();
    return (await signInBackground(version === "1" ? "sha1" : "sha256", Buffer.from(text), privateKey)).toString("base64");
  }

  /** The last part of the certificate's URL. */
  async fileName(): Promise<string> {
    return `SimpleNotificationService-${(await this.#open()).id}.pem`;
  }

  /** As PEM. The subject is that of AWS's own, which some validators look at. */
  async certificate(): Promise<string> {
    const { publicKey } = await this.#open();
    if (this.#certificate === undefined || this.#certificate.expiresMs - renewBeforeMs < this.#clock.now())
      this.#certificate = await this.#ports.certificates.certify(publicKey, "sns.amazonaws.com", ["sns.amazonaws.com"]);
    return this.#certificate.certificate;
  }

  #open(): Promise<SigningKey> {
    this.#key ??= this.#read().catch((error: unknown) => {
      this.#key = undefined;
      throw error;
    });
    return this.#key;
  }

  async #read(): Promise<SigningKey> {
    const pem = await this.#ports.keepFile("sns-signing.key", async () => {
      const pair = await makeKeyPair("rsa", { modulusLength: 2_048 });
      return Buffer.from(pair.privateKey.export({ type: "pkcs8", format: "pem" }));
    });
    const privateKey = createPrivateKey(pem);
    const publicKey = createPublicKey(privateKey);
    const id = createHash("sha256")
      .update(publicKey.export({ type: "spki", format: "der" }))
      .digest("hex")
      .slice(0, 32);
    return { privateKey, publicKey, id };
  }
}
