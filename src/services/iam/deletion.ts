import { AwsError } from "#wire/errors.ts";
import type { Entity, IdentityKind } from "./entity.ts";
import type { IamStore } from "./store/reads.ts";

/** What AWS deletes only once nothing hangs on it any more. */
export async function refuseWhileInUse(store: IamStore, entity: Entity<IdentityKind>): Promise<void> {
  const [attached, inline] = await Promise.all([store.attachedPolicyArns(entity), store.inlinePolicies(entity)]);
  if (attached.length > 0) throw deleteConflict("must detach all policies first.");
  if (inline.length > 0) throw deleteConflict("must delete policies first.");
}

export const deleteConflict = (mustDo: string): AwsError => new AwsError("DeleteConflictException", `Cannot delete entity, ${mustDo}`);
