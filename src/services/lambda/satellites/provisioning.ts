/**
 * Keeps the sandbox told of how many environments it shall have ready, and of what: of the version that the configuration hangs on, or of the
 * versions of the alias. What the sandbox makes of that is not stored: after a restart environments are made again, and the status says so.
 */
import { Semaphore } from "#kit/semaphore.ts";
import type { EnvironmentSpec, ProvisionFailure, ProvisionState } from "#sandbox/contract.ts";
import { type Alias, versionsOf } from "../alias.ts";
import { invalidParameter, resourceConflict } from "../errors.ts";
import { functionArn } from "../function-name.ts";
import { type FunctionVersion, latestVersion } from "../function-version.ts";
import { requireVersion } from "../qualifiers.ts";
import type { LambdaState } from "../state.ts";
import { findHolder, type Place, requireHolder } from "./place.ts";
import { divided, type ProvisionProgress } from "./provisioned-concurrency.ts";

type Parts = Pick<LambdaState, "store" | "aliases" | "satellites" | "sandbox" | "specs" | "log">;

/** What the sandbox was told because of one place. */
interface Held {
  specs: readonly EnvironmentSpec[];
  /** Why it could not be told. */
  failure?: ProvisionFailure;
}

interface Share {
  spec: EnvironmentSpec;
  count: number;
}

export class Provisioning {
  readonly #parts: Parts;
  /** By ARN. */
  readonly #held = new Map<string, Held>();
  /** One after the other, so that the last look at what is configured is the one that counts. */
  readonly #turn = new Semaphore(1);

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** To be called whenever the configuration of a place, or where its alias leads, may have changed. Never rejects. */
  async follow(place: Place): Promise<void> {
    await this.#turn
      .run(() => this.#follow(place))
      .catch((error: unknown) => this.#parts.log.error("concurrency could not be provisioned", { function: place.name, error }));
  }

  /** After a start: all that is configured. */
  async followAll(): Promise<void> {
    for (const { place } of await this.#parts.satellites.ofKind("provisioned-concurrency")) await this.follow(place);
  }

  progressOf(place: Place): ProvisionProgress {
    const { specs, failure } = this.#held.get(arnOf(place)) ?? { specs: [] };
    const states = specs.map(({ key }): ProvisionState => this.#parts.sandbox.provisioned(key));
    return {
      allocated: states.reduce((sum, { allocated }) => sum + allocated, 0),
      available: states.reduce((sum, { available }) => sum + available, 0),
      failure: failure ?? states.find((state) => state.failure)?.failure,
    };
  }

  async #follow(place: Place): Promise<void> {
    const { sandbox } = this.#parts;
    const arn = arnOf(place);
    const { specs: previous } = this.#held.get(arn) ?? { specs: [] };
    const { shares, failure } = await this.#sharesOf(place).then(
      (found) => ({ shares: found, failure: undefined }),
      // For one, a file system that is not there.
      (error: Error) => ({ shares: [], failure: { reason: "internal" as const, message: error.message } }),
    );
    const kept = new Set(shares.map(({ spec }) => spec.key));
    for (const spec of previous) if (!kept.has(spec.key)) sandbox.provision(spec, 0);
    for (const { spec, count } of shares) sandbox.provision(spec, count);
    if (shares.length > 0 || failure) this.#held.set(arn, { specs: shares.map(({ spec }) => spec), ...(failure && { failure }) });
    else this.#held.delete(arn);
  }

  /** None if nothing is configured there, or there is nothing any more. */
  async #sharesOf(place: Place): Promise<Share[]> {
    const { satellites, store, specs } = this.#parts;
    const [holder, content] = await Promise.all([findHolder(this.#parts, place), satellites.find("provisioned-concurrency", place)]);
    if (holder === undefined || content === undefined) return [];
    const additional = "alias" in holder ? holder.additional : undefined;
    const [first, second] = divided(content.requested, additional?.weight);
    const counts = [[holder.version, first] as const, ...(additional ? [[additional.version, second] as const] : [])];
    const shares = await Promise.all(
      counts.map(async ([number, count]) => {
        const version = await store.find(place, number);
        return version && count > 0 ? [{ spec: specs.of(version), count }] : [];
      }),
    );
    return shares.flat();
  }
}

const arnOf = (place: Place): string => functionArn(place, place.qualifier);

/** Rejects unless it is a published version or an alias, and there. */
export async function checkProvisionable(state: Pick<LambdaState, "store" | "aliases">, place: Place): Promise<void> {
  if (place.qualifier === latestVersion) throw invalidParameter("The function resource provided must be an alias or a published version.");
  await requireHolder(state, place);
}

type Rules = Pick<LambdaState, "store" | "aliases" | "satellites">;

/**
 * Rejects unless the holder, as it is or as it is to be, may have provisioned concurrency: what it leads to is published, starts in the
 * ordinary way, and has none yet. https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html
 */
export async function checkHolder(state: Rules, place: Place, holder: FunctionVersion | Alias): Promise<void> {
  if (holder.version === latestVersion)
    throw invalidParameter("Provisioned Concurrency Configs cannot be applied to unpublished function versions.");
  for (const qualifier of versionsOf(holder)) refuseOthersOfItsKind(await requireVersion(state, { ...place, qualifier }));
  await refuseTwice(state, place, holder);
}

/** Throws for what starts otherwise. The rules are AWS's, the words are ours: theirs are not on record. */
function refuseOthersOfItsKind({ isTenantIsolated, snapStart }: FunctionVersion): void {
  if (isTenantIsolated) throw invalidParameter("Provisioned concurrency is not supported for functions with tenant isolation.");
  if (snapStart !== "None") throw invalidParameter("Provisioned concurrency is not supported for functions with SnapStart.");
}

/** Rejects if a version of the holder has provisioned concurrency already, by another alias or by its number. */
async function refuseTwice(state: Rules, place: Place, holder: FunctionVersion | Alias): Promise<void> {
  const versions = versionsOf(holder);
  for (const { place: other } of await state.satellites.list("provisioned-concurrency", place)) {
    const otherHolder = other.qualifier === place.qualifier ? undefined : await findHolder(state, other);
    if (otherHolder === undefined || !versionsOf(otherHolder).some((version) => versions.includes(version))) continue;
    throw resourceConflict(
      "alias" in holder
        ? "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version"
        : "Version is pointed by a Provisioned Concurrency alias",
    );
  }
}
