/** Creating and changing entities: read, decide, write as one unit; who was overtaken starts over. */
import { type Statement, RowCountMismatch, UniqueViolation } from "#storage/database.ts";
import { AwsError } from "#wire/errors.ts";
import { type Entity, type EntityKind, entityAlreadyExists, noSuchEntity, quotaExceeded } from "./entity.ts";
import { maximumChangeAttempts, quotas } from "./limits.ts";
import type { IamContext } from "./state.ts";
import { advanceRevision, insertEntity } from "./store/writes.ts";

const countQuotas = {
  role: "Roles",
  user: "Users",
  group: "Groups",
  "instance-profile": "InstanceProfiles",
  policy: "Policies",
} as const satisfies Record<EntityKind, string>;

/** Where AWS keeps the roles that belong to its services. */
export const serviceRolePath = "/aws-service-role/";

export async function requireEntity<Kind extends EntityKind>(context: IamContext, kind: Kind, name: string): Promise<Entity<Kind>> {
  const entity = await context.state.store.findEntity(context.accountId, kind, name);
  if (entity === undefined) throw noSuchEntity(kind, name);
  return entity;
}

/** As `requireEntity`; refuses the roles that only a service may change. */
export async function requireOwnEntity<Kind extends EntityKind>(context: IamContext, kind: Kind, name: string): Promise<Entity<Kind>> {
  const entity = await requireEntity(context, kind, name);
  if (entity.path.startsWith(serviceRolePath)) {
    const text = `Cannot perform the operation on the protected role '${name}' - this role is only modifiable by AWS`;
    throw new AwsError("UnmodifiableEntityException", text);
  }
  return entity;
}

/** Writes the entity that `build` makes, and whatever else is to stand beside it. */
export async function createEntity<Made extends Entity>(
  { state: { store } }: IamContext,
  build: () => Promise<{ entity: Made; also: Statement[] }>,
): Promise<Made> {
  return untilNotOvertaken(async () => {
    const { entity, also } = await build();
    const counts = await store.countEntities(entity.accountId);
    const quota = countQuotas[entity.kind];
    if (counts[entity.kind] >= quotas[quota]) throw quotaExceeded(`${quota}PerAccount`, quotas[quota]);
    await refuseDuplicate(entity, () => store.write([insertEntity(entity), ...also]));
    return entity;
  });
}

/**
 * Writes what `decide` returns for the entity that `find` gives, provided that nobody has changed the entity in between. No
 * statements: no write. Resolves to the entity as it was read.
 */
export async function change<Kind extends EntityKind>(
  { state: { store } }: IamContext,
  find: () => Promise<Entity<Kind>>,
  decide: (entity: Entity<Kind>) => Promise<Statement[]> | Statement[],
): Promise<Entity<Kind>> {
  return untilNotOvertaken(async () => {
    const entity = await find();
    const statements = await decide(entity);
    if (statements.length > 0) await store.write([advanceRevision(entity), ...statements]);
    return entity;
  });
}

/** Runs a write that takes the name of `entity`. */
export async function refuseDuplicate<Result>(entity: Pick<Entity, "kind" | "name">, write: () => Promise<Result>): Promise<Result> {
  try {
    return await write();
  } catch (error) {
    throw error instanceof UniqueViolation ? entityAlreadyExists(entity.kind, entity.name) : error;
  }
}

async function untilNotOvertaken<Result>(attempt: () => Promise<Result>): Promise<Result> {
  for (let attempts = 1; ; attempts++) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof RowCountMismatch)) throw error;
      if (attempts === maximumChangeAttempts) {
        throw new AwsError("ConcurrentModificationException", "Too many requests change the same entity at once. Please try again.");
      }
    }
  }
}
