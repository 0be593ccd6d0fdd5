/** Entities as IAM's answers show them. Lists show less: neither tags nor permissions boundary. */
import type { Group, InstanceProfile, Role, User } from "@aws-sdk/client-iam";
import { toBoundary } from "./attachments.ts";
import { type Entity, arnOf } from "./entity.ts";
import { encodeDocument } from "./policy-document.ts";
import { toTags } from "./tagging.ts";

export const toListedRole = (role: Entity<"role">): Role => ({
  Path: role.path,
  RoleName: role.name,
  RoleId: role.id,
  Arn: arnOf(role),
  CreateDate: new Date(role.createdAtMs),
  AssumeRolePolicyDocument: encodeDocument(role.details.trustPolicy),
  Description: role.details.description,
  MaxSessionDuration: role.details.maxSessionSeconds,
});

/** Use of roles is not recorded: `RoleLastUsed` is empty, as AWS's is for a role never used. */
export const toRole = (role: Entity<"role">): Role => ({
  ...toListedRole(role),
  PermissionsBoundary: toBoundary(role.permissionsBoundaryArn),
  Tags: toTags(role),
  RoleLastUsed: {},
});

export const toListedUser = (user: Entity<"user">): User => ({
  Path: user.path,
  UserName: user.name,
  UserId: user.id,
  Arn: arnOf(user),
  CreateDate: new Date(user.createdAtMs),
});

export const toUser = (user: Entity<"user">): User => ({
  ...toListedUser(user),
  PermissionsBoundary: toBoundary(user.permissionsBoundaryArn),
  Tags: toTags(user),
});

export const toGroup = (group: Entity<"group">): Group => ({
  Path: group.path,
  GroupName: group.name,
  GroupId: group.id,
  Arn: arnOf(group),
  CreateDate: new Date(group.createdAtMs),
});

export const toInstanceProfile = (profile: Entity<"instance-profile">, roles: ReadonlyArray<Entity<"role">>): InstanceProfile => ({
  Path: profile.path,
  InstanceProfileName: profile.name,
  InstanceProfileId: profile.id,
  Arn: arnOf(profile),
  CreateDate: new Date(profile.createdAtMs),
  Roles: roles.map(toListedRole),
  Tags: toTags(profile),
});
