/**
 * What an account has handed out of its concurrency, and whether it may hand out more. AWS leaves out whose fault it is in these errors.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
 */
import { AwsError } from "#wire/errors.ts";
import { invalidParameter } from "../errors.ts";
import type { FunctionId, Scope } from "../function-name.ts";
import { accountConcurrentExecutions, minimumUnreservedConcurrency } from "../limits.ts";
import type { Satellite } from "./satellite.ts";
import type { LambdaState } from "../state.ts";

export type Reservations = ReadonlyArray<Satellite<"reserved-concurrency">>;
export type Provisions = ReadonlyArray<Satellite<"provisioned-concurrency">>;

/** What one function has of the account's concurrency. */
interface Share {
  reserved?: number;
  /** Over all its versions and aliases. */
  provisioned: number;
}

const claimed = ({ reserved, provisioned }: Share): number => reserved ?? provisioned;

/** The shares of the functions that have any, by name. */
async function sharesOf({ satellites }: Pick<LambdaState, "satellites">, scope: Scope): Promise<Map<string, Share>> {
  return sharesIn(await satellites.inAccount("reserved-concurrency", scope), await satellites.inAccount("provisioned-concurrency", scope));
}

function sharesIn(reservations: Reservations, provisions: Provisions): Map<string, Share> {
  const shares = new Map<string, Share>();
  for (const { place, content } of reservations) shares.set(place.name, { reserved: content.executions, provisioned: 0 });
  for (const { place, content } of provisions) {
    const share = shares.get(place.name) ?? { provisioned: 0 };
    shares.set(place.name, { ...share, provisioned: share.provisioned + content.requested });
  }
  return shares;
}

/** What reservations and provisions of an account leave to all functions that have no share of their own. */
export const unclaimed = (reservations: Reservations, provisions: Provisions): number => left(sharesIn(reservations, provisions));

/** The same, of an account. */
export async function unreservedConcurrency(state: Pick<LambdaState, "satellites">, scope: Scope): Promise<number> {
  return left(await sharesOf(state, scope));
}

const left = (shares: ReadonlyMap<string, Share>): number =>
  accountConcurrentExecutions - shares.values().reduce((sum, share) => sum + claimed(share), 0);

/** Rejects if a function cannot have so much for itself. */
export async function checkReservation(state: Pick<LambdaState, "satellites">, id: FunctionId, executions: number): Promise<void> {
  const shares = await sharesOf(state, id);
  const own = shares.get(id.name) ?? { provisioned: 0 };
  if (own.provisioned > executions) {
    throw refused(
      ` ReservedConcurrentExecutions  ${executions} should not be lower than function's total provisioned concurrency [${own.provisioned}].`,
    );
  }
  if (left(shares) + claimed(own) - executions < minimumUnreservedConcurrency) throw refused(tooLittleLeft("ReservedConcurrentExecutions"));
}

/** Rejects if a version or alias of a function cannot have so many environments ready, instead of those of `previous`. */
export async function checkProvision(
  state: Pick<LambdaState, "satellites">,
  id: FunctionId,
  executions: number,
  previous: Satellite<"provisioned-concurrency">["content"] | undefined,
): Promise<void> {
  const shares = await sharesOf(state, id);
  const own = shares.get(id.name) ?? { provisioned: 0 };
  const provisioned = own.provisioned - (previous?.requested ?? 0) + executions;
  if (own.reserved !== undefined) {
    if (provisioned <= own.reserved) return;
    throw invalidParameter("Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function");
  }
  const available = left(shares) + (previous?.requested ?? 0);
  if (executions > available)
    throw refused(`Specified ConcurrentExecutions for function is greater than account's unreserved concurrency [${available}].`);
  if (available - executions < minimumUnreservedConcurrency) throw refused(tooLittleLeft("ConcurrentExecutions"));
}

const tooLittleLeft = (what: string): string =>
  `Specified ${what} for function decreases account's UnreservedConcurrentExecution below its minimum value of [${minimumUnreservedConcurrency}].`;

const refused = (message: string): AwsError => new AwsError("InvalidParameterValueException", message);
