/** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
export const defaultRoleSessionSeconds = 3_600;

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html */
export const defaultUserSessionSeconds = 43_200;

/** Sessions of the account's root last an hour at most, whatever is asked for (same page). */
export const maximumRootSessionSeconds = 3_600;
