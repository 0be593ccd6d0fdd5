/** Certificates in X.509 form, which Node can read but not write. Loaded when the first one is made: the library takes a while. */
import { createHash, type KeyObject, sign } from "node:crypto";
import { isIP } from "node:net";
import { AsnConvert, OctetString } from "@peculiar/asn1-schema";
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  Extension,
  ExtendedKeyUsage,
  Extensions,
  GeneralName,
  GeneralSubtree,
  GeneralSubtrees,
  KeyIdentifier,
  KeyUsage,
  KeyUsageFlags,
  Name,
  NameConstraints,
  RelativeDistinguishedName,
  SubjectAlternativeName,
  SubjectKeyIdentifier,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
} from "@peculiar/asn1-x509";

/** Object identifiers of https://www.rfc-editor.org/rfc/rfc5280#section-4.2, RFC 5758 (ECDSA) and RFC 8017 (RSA). */
const oid = {
  commonName: "2.5.4.3",
  subjectKeyIdentifier: "2.5.29.14",
  keyUsage: "2.5.29.15",
  subjectAlternativeName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  nameConstraints: "2.5.29.30",
  authorityKeyIdentifier: "2.5.29.35",
  extendedKeyUsage: "2.5.29.37",
  serverAuthentication: "1.3.6.1.5.5.7.3.1",
  ecdsaWithSha256: "1.2.840.10045.4.3.2",
} as const;

export interface CertificateContent {
  commonName: string;
  publicKey: KeyObject;
  /** Whole seconds are kept. */
  notBeforeMs: number;
  notAfterMs: number;
  serial: Uint8Array;
  /** What it may be used for: to issue others below these names and address ranges (`10.0.0.0/8`), or to be the server of these. */
  purpose: { issuesBelow: readonly string[] } | { serves: readonly string[] };
}

/** Who signs: an elliptic curve key on P-256. */
export interface Issuer {
  commonName: string;
  privateKey: KeyObject;
  publicKey: KeyObject;
}

/** The certificate as PEM. */
export function writeCertificate(content: CertificateContent, issuer: Issuer): string {
  const signatureAlgorithm = new AlgorithmIdentifier({ algorithm: oid.ecdsaWithSha256 });
  const tbsCertificate = new TBSCertificate({
    version: Version.v3,
    serialNumber: positive(content.serial),
    signature: signatureAlgorithm,
    issuer: nameOf(issuer.commonName),
    validity: new Validity({ notBefore: wholeSeconds(content.notBeforeMs), notAfter: wholeSeconds(content.notAfterMs) }),
    subject: nameOf(content.commonName),
    subjectPublicKeyInfo: AsnConvert.parse(spkiOf(content.publicKey), SubjectPublicKeyInfo),
    extensions: new Extensions(extensionsOf(content, issuer)),
  });
  const signatureValue = sign("sha256", new Uint8Array(AsnConvert.serialize(tbsCertificate)), issuer.privateKey);
  const certificate = new Certificate({ tbsCertificate, signatureAlgorithm, signatureValue: bufferOf(signatureValue) });
  const lines = Buffer.from(AsnConvert.serialize(certificate))
    .toString("base64")
    .replace(/.{64}(?!$)/g, "$&\n");
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}

/** All that strict verifiers (Python 3.13, Apple) ask for. */
function extensionsOf({ purpose, publicKey }: CertificateContent, issuer: Issuer): Extension[] {
  const issues = "issuesBelow" in purpose;
  const usage = issues ? KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign : KeyUsageFlags.digitalSignature;
  return [
    extension(oid.basicConstraints, new BasicConstraints(issues ? { cA: true, pathLenConstraint: 0 } : {}), true),
    extension(oid.keyUsage, new KeyUsage(usage), true),
    extension(oid.subjectKeyIdentifier, new SubjectKeyIdentifier(keyIdOf(publicKey))),
    extension(oid.authorityKeyIdentifier, new AuthorityKeyIdentifier({ keyIdentifier: new KeyIdentifier(keyIdOf(issuer.publicKey)) })),
    ...(issues
      ? [extension(oid.nameConstraints, new NameConstraints({ permittedSubtrees: subtreesOf(purpose.issuesBelow) }), true)]
      : [
          extension(oid.subjectAlternativeName, new SubjectAlternativeName(purpose.serves.map(generalName))),
          extension(oid.extendedKeyUsage, new ExtendedKeyUsage([oid.serverAuthentication])),
        ]),
  ];
}

const extension = (extnID: string, value: object, critical = false): Extension =>
  new Extension({ extnID, critical, extnValue: new OctetString(AsnConvert.serialize(value)) });

const subtreesOf = (names: readonly string[]): GeneralSubtrees =>
  new GeneralSubtrees(names.map((name) => new GeneralSubtree({ base: generalName(name), minimum: 0 })));

const generalName = (name: string): GeneralName => new GeneralName(isIP(name.split("/")[0]!) > 0 ? { iPAddress: name } : { dNSName: name });

const nameOf = (commonName: string): Name =>
  new Name([
    new RelativeDistinguishedName([
      new AttributeTypeAndValue({ type: oid.commonName, value: new AttributeValue({ utf8String: commonName }) }),
    ]),
  ]);

const wholeSeconds = (ms: number): Date => new Date(Math.floor(ms / 1_000) * 1_000);

/** Serial numbers are positive: https://www.rfc-editor.org/rfc/rfc5280#section-4.1.2.2 */
function positive(serial: Uint8Array): ArrayBuffer {
  const copy = Uint8Array.from(serial);
  copy[0] = (copy[0]! & 0x7f) | 0x40;
  return copy.buffer;
}

const spkiOf = (key: KeyObject): Buffer => key.export({ type: "spki", format: "der" });

/** https://www.rfc-editor.org/rfc/rfc7093#section-2: the first 160 bits of a SHA-256. */
const keyIdOf = (key: KeyObject): ArrayBuffer => bufferOf(createHash("sha256").update(spkiOf(key)).digest().subarray(0, 20));

const bufferOf = (bytes: Uint8Array): ArrayBuffer => Uint8Array.from(bytes).buffer;
