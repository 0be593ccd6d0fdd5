import type { Tag } from "@aws-sdk/client-iam";
import type { Clock } from "#kit/clock.ts";
import type { Ids } from "#kit/ids.ts";
import { AwsError } from "#wire/errors.ts";

/** Whatever has a name, a path and an ARN. The kinds are spelled as in ARNs. */
export interface Entity<Kind extends EntityKind = EntityKind> {
  /** `AROA…`: never used again, unlike the name. */
  id: string;
  accountId: string;
  kind: Kind;
  name: string;
  /** `/`, `/division/team/` */
  path: string;
  createdAtMs: number;
  /** Grows with every change of the entity or of what belongs to it, so that a writer notices that another was faster. */
  revision: number;
  tags: readonly Tag[];
  /** Users and roles only. */
  permissionsBoundaryArn: string | undefined;
  details: EntityDetails[Kind];
}

export interface EntityDetails {
  role: { trustPolicy: string; description?: string | undefined; maxSessionSeconds: number };
  user: Record<never, never>;
  group: Record<never, never>;
  "instance-profile": Record<never, never>;
  /** Version 3 is `v3` on the wire. */
  policy: { description?: string | undefined; defaultVersion: number; latestVersion: number; updatedAtMs: number };
}

export type EntityKind = keyof EntityDetails;
/** Those that policies can be attached to. */
export type IdentityKind = "role" | "user" | "group";

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids */
const idPrefixes: Record<EntityKind, string> = { role: "AROA", user: "AIDA", group: "AGPA", "instance-profile": "AIPA", policy: "ANPA" };
const idSuffixLength = 17;

/** `AROA` and as much of the suffix as ids have room for. */
export const idOf = (kind: EntityKind, suffix: string): string => idPrefixes[kind] + suffix.slice(0, idSuffixLength);

export interface NewEntity<Kind extends EntityKind> {
  accountId: string;
  kind: Kind;
  name: string;
  path: string | undefined;
  tags?: readonly Tag[] | undefined;
  permissionsBoundaryArn?: string | undefined;
  details: EntityDetails[Kind];
}

export function newEntity<Kind extends EntityKind>({ clock, ids }: { clock: Clock; ids: Ids }, given: NewEntity<Kind>): Entity<Kind> {
  return {
    id: idOf(given.kind, ids.base32(idSuffixLength)),
    accountId: given.accountId,
    kind: given.kind,
    name: given.name,
    path: given.path ?? "/",
    createdAtMs: wholeSecondsMs(clock),
    revision: 1,
    tags: given.tags ?? [],
    permissionsBoundaryArn: given.permissionsBoundaryArn,
    details: given.details,
  };
}

export const arnOf = ({ accountId, kind, path, name }: Pick<Entity, "accountId" | "kind" | "path" | "name">): string =>
  `arn:aws:iam::${accountId}:${kind}${path}${name}`;

/** Now, as IAM tells time. */
export const wholeSecondsMs = (clock: Clock): number => Math.floor(clock.now() / 1000) * 1000;

export function noSuchEntity(kind: EntityKind, name: string): AwsError {
  const text = kind === "instance-profile" ? `Instance Profile ${name} cannot be found.` : `The ${kind} with name ${name} cannot be found.`;
  return new AwsError("NoSuchEntityException", text);
}

export function entityAlreadyExists(kind: EntityKind, name: string): AwsError {
  const texts: Record<EntityKind, string> = {
    role: `Role with name ${name} already exists.`,
    user: `User with name ${name} already exists.`,
    group: `Group with name ${name} already exists.`,
    "instance-profile": `Instance Profile ${name} already exists.`,
    policy: `A policy called ${name} already exists. Duplicate names are not allowed.`,
  };
  return new AwsError("EntityAlreadyExistsException", texts[kind]);
}

export const quotaExceeded = (quota: string, limit: number): AwsError =>
  new AwsError("LimitExceededException", `Cannot exceed quota for ${quota}: ${limit}`);
