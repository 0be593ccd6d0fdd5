/** Figures of https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html unless another page is named. */

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html */
export const batchBytes = 1_048_576;
/** Counted for each event besides its message (same page). */
export const eventOverheadBytes = 26;
export const batchSpanMs = 24 * 3_600_000;
export const newestEventMs = 2 * 3_600_000;
export const oldestEventMs = 14 * 24 * 3_600_000;

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html */
export const pageEvents = 10_000;
export const pageBytes = 1_048_576;
/** Not AWS's figure, which is not published: how much a search reads before it answers with what it has, and a token. */
export const scanBytes = 64 * 1024 * 1024;

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogGroups.html */
export const describePageSize = 50;

export const resourceTags = 50;

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
export const retentionDays: readonly number[] = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];
export const dayMs = 86_400_000;

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartLiveTail.html */
export const liveTailMs = 3 * 3_600_000;
export const liveTailIntervalMs = 1_000;
export const liveTailEvents = 500;
/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html */
export const liveTailSessions = 15;

/** Ours: what is kept in memory of groups and streams, and how often what they did is written down. */
export const cachedGroups = 1_000;
export const cachedStreams = 20_000;
export const activityIntervalMs = 1_000;
export const sweepIntervalMs = 3_600_000;
