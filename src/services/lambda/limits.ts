/** Figures of https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html unless another page is named. */

/** A request that carries a zip file: 50 MB in base64, and the rest of the JSON. AWS names this figure in its error. */
export const zippedUploadBytes = 70_167_211;

export const zippedPackageBytes = 52_428_800;
export const unzippedPackageBytes = 262_144_000;
/** Not AWS's figure; theirs is not published. Far beyond any package that fits into the unzipped size. */
export const packageEntries = 200_000;
export const packagePathBytes = 4_096;

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: container image code package size, uncompressed. */
export const unpackedImageBytes = 10 * 1024 * 1024 * 1024;
/** Ours. */
export const imageEntries = 500_000;

export const synchronousPayloadBytes = 6_291_456;
/** https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html */
export const asynchronousPayloadBytes = 1_048_576;
/** https://docs.aws.amazon.com/lambda/latest/api/API_InvokeAsync.html */
export const invokeAsyncBytes = 262_144;

export const environmentVariablesBytes = 4_096;
/** https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html: X-Amz-Client-Context, base64 */
export const clientContextBytes = 3_583;

export const maximumMemoryMb = 10_240;
export const defaultMemoryMb = 128;
export const maximumTimeoutSeconds = 900;
export const defaultTimeoutSeconds = 3;
export const maximumEphemeralStorageMb = 10_240;
export const defaultEphemeralStorageMb = 512;

export const functionNameCharacters = 64;
export const resourceTags = 50;
export const accountCodeBytes = 300 * 1024 * 1024 * 1024;
export const accountConcurrentExecutions = 1_000;
export const listFunctionsPageSize = 50;
/** https://docs.aws.amazon.com/lambda/latest/api/API_ListVersionsByFunction.html: at most, whatever MaxItems says. */
export const listVersionsPageSize = 50;
/** Unless MaxItems says otherwise; AWS's figure is not published. */
export const listAliasesPageSize = 50;

/** https://docs.aws.amazon.com/lambda/latest/api/API_FunctionCodeLocation.html: good for ten minutes. */
export const codeLocationSeconds = 600;

/** https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html: after one minute, then after two. */
export const asyncRetryDelaysMs = [60_000, 120_000] as const;
export const asyncEventAgeMs = 21_600_000;
/** Throttles and faults of ours: from one second, doubling up to five minutes (same page). */
export const asyncBackOffMs = { first: 1_000, last: 300_000 } as const;
/** When a destination that refused a record is tried again; AWS's figures are not published. */
export const deliveryRetryDelaysMs = [1_000, 10_000, 60_000] as const;

/** Where a chain of invocations that comes back to a function counts as a loop: "approximately 16 times" (invocation-recursion.html). */
export const invocationsInChain = 16;

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: function resource-based policy, 20 KB */
export const resourcePolicyBytes = 20_480;
/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html: what must be left for functions without a reservation. */
export const minimumUnreservedConcurrency = 100;
/** How soon a throttled caller may try again, in seconds. */
export const throttleRetrySeconds = 1;
/** Largest page of the lists of satellites: https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctionUrlConfigs.html */
export const satellitesPageSize = 50;
/** Whatever MaxItems says, as in the lists of functions. */
export const listCodeSigningPageSize = 50;

/** https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html: of one function */
export const functionLayers = 5;
/** Unless MaxItems says otherwise. https://docs.aws.amazon.com/lambda/latest/api/API_ListLayers.html */
export const listLayersPageSize = 50;
