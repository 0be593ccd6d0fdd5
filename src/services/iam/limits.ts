/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html, the defaults, named as in GetAccountSummary. */
export const quotas = {
  AccessKeysPerUser: 2,
  AttachedPoliciesPerGroup: 10,
  AttachedPoliciesPerRole: 10,
  AttachedPoliciesPerUser: 10,
  Groups: 300,
  GroupsPerUser: 10,
  InstanceProfiles: 1_000,
  Policies: 1_500,
  Roles: 1_000,
  Users: 5_000,
  VersionsPerPolicy: 5,
} as const;

/** Tags per entity (same page). */
export const maximumTags = 50;

/** Sizes of policy documents in characters, white space not counted (same page). */
export const maximumPolicyCharacters = {
  managed: 6_144,
  trust: 2_048,
  /** All inline policies of one entity together. */
  inline: { role: 10_240, user: 2_048, group: 5_120 },
} as const;

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html */
export const defaultSessionSeconds = 3_600;

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoles.html */
export const defaultPageItems = 100;

/** How often a change starts over because others were faster; Terraform attaches ten policies to a role at once. */
export const maximumChangeAttempts = 50;

/** Another machine may have deactivated a key that this one remembers: memory must be short. */
export const accessKeyMemoryMs = 5_000;
export const maximumRememberedAccessKeys = 10_000;
