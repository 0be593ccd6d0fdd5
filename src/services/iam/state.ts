import type { Clock } from "#kit/clock.ts";
import type { Ids } from "#kit/ids.ts";
import type { Operation, RequestContext } from "#wire/operation.ts";
import type { ServiceDependencies } from "#wire/service.ts";
import { AccessKeyDirectory } from "./access-key-directory.ts";
import { migrations } from "./migrations/0001-initial.ts";
import type { IamPorts } from "./ports.ts";
import { IamStore } from "./store/reads.ts";

/** What the operations of this service share. */
export interface IamState {
  clock: Clock;
  ids: Ids;
  store: IamStore;
  /** Answers for the access keys of users; main.ts gives it to the gateway. */
  accessKeys: AccessKeyDirectory;
}

export type IamContext = RequestContext<IamState>;
export type IamOperation<Input, Output> = Operation<Input, Output, IamState>;

export async function openIam({ clock, ids, database }: ServiceDependencies & IamPorts): Promise<IamState> {
  await database.migrate("iam", migrations);
  const store = new IamStore(database);
  return { clock, ids, store, accessKeys: new AccessKeyDirectory(store, clock) };
}
