import { lookup } from "node:dns";
import type { ClientRequest } from "node:http";
import { request as requestHttps } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { networkInterfaces } from "node:os";
import { createSecureContext, rootCertificates, type SecureContext } from "node:tls";
import { request as requestHttp } from "#kit/node-http.ts";
import { isPublicAddress } from "#kit/public-address.ts";
import { DeliveryFailure } from "../delivery/outcome.ts";
import { answerBytes, requestTimeoutMs } from "../limits.ts";

export interface Post {
  /** http or https, perhaps with a user and a password. */
  url: string;
  /** Whether it may lead to this machine, or to a network that is not public. */
  mayBePrivate: boolean;
  body: string;
  contentType: string;
  /** Headers that begin with `x-amz-sns-`. */
  marks: Readonly<Record<string, string>>;
}

/** Posts messages to subscribers. Servers with a certificate of our own authority are trusted as those of the public ones are. */
export class Poster {
  readonly #authority: () => Promise<string>;
  /** To read all those certificates takes a while. */
  #trust: Promise<SecureContext> | undefined;

  /** `authority`: our own one's certificate as PEM. */
  constructor(authority: () => Promise<string>) {
    this.#authority = authority;
  }

  /**
   * Resolves when the subscriber took the message. Redirections are not followed: who subscribed proved that this address is his, not that
   * another one is. https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
   */
  async post(post: Post): Promise<void> {
    const isSecure = post.url.startsWith("https:");
    const status = await statusOf(send(post, isSecure ? await this.#trusted() : undefined));
    if (status >= 200 && status < 300) return;
    throw new DeliveryFailure(`${post.url} answered ${status}`, status >= 300 && status < 500 && status !== 429);
  }

  #trusted(): Promise<SecureContext> {
    this.#trust ??= this.#authority().then(
      (certificate) => createSecureContext({ ca: [...rootCertificates, certificate] }),
      (error: unknown) => {
        this.#trust = undefined;
        throw error;
      },
    );
    return this.#trust;
  }
}

const isOpenToAll = (address: string): boolean =>
  isPublicAddress(address) && !Object.values(networkInterfaces()).some((own) => own?.some((one) => one.address === address));

const leadsInside = (host: string): DeliveryFailure =>
  new DeliveryFailure(`${host} is an address of this machine, or no public one: functions may not have messages sent there`, true);

/** Names are judged by what they stand for at this moment: it is these very addresses that are connected to. */
const lookupPublic: LookupFunction = (host, options, done) =>
  lookup(host, { ...options, all: true }, (error, addresses) => {
    if (error === null && addresses.every(({ address }) => isOpenToAll(address))) {
      if (options.all) done(null, addresses);
      else done(null, addresses[0]!.address, addresses[0]!.family);
    } else done(error ?? leadsInside(host), []);
  });

/** `secureContext`: for https. Throws `DeliveryFailure`. */
function send({ url, mayBePrivate, body, contentType, marks }: Post, secureContext: SecureContext | undefined): ClientRequest {
  const { hostname, port, pathname, search, username, password } = new URL(url);
  // Node's request wants an address of version 6 without its brackets.
  const host = hostname.replace(/^\[(.*)\]$/, "$1");
  if (!mayBePrivate && isIP(host) !== 0 && !isOpenToAll(host)) throw leadsInside(host);
  const options = {
    method: "POST",
    host,
    ...(!mayBePrivate && { lookup: lookupPublic }),
    port: port || (secureContext ? 443 : 80),
    path: `${pathname}${search}`,
    agent: false as const,
    timeout: requestTimeoutMs,
    ...(username !== "" && { auth: `${decodeURIComponent(username)}:${decodeURIComponent(password)}` }),
    headers: {
      ...Object.fromEntries(Object.entries(marks).map(([name, value]) => [`x-amz-sns-${name}`, value])),
      "content-type": contentType,
      "content-length": Buffer.byteLength(body),
      "user-agent": "Amazon Simple Notification Service Agent",
      "accept-encoding": "gzip,deflate",
    },
    signal: AbortSignal.timeout(requestTimeoutMs),
  };
  // Not in the types of requests, but they pass it on to the connection.
  const secured = { ...options, secureContext };
  return (secureContext ? requestHttps(secured) : requestHttp(options)).end(body);
}

function statusOf(request: ClientRequest): Promise<number> {
  return new Promise((resolve, reject) => {
    request.once("error", (error) => reject(error instanceof DeliveryFailure ? error : new DeliveryFailure(error.message, false, error)));
    request.once("timeout", () => request.destroy(new Error("no answer in time")));
    request.once("response", (response) => {
      let receivedBytes = 0;
      response.on("data", (chunk: Buffer) => {
        receivedBytes += chunk.length;
        if (receivedBytes > answerBytes) response.destroy();
      });
      response.on("error", () => {});
      resolve(response.statusCode!);
    });
  });
}
