/** Numbers of AWS, and ours. https://docs.aws.amazon.com/general/latest/gr/xray.html */

/** Of one segment document. https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html */
export const documentBytes = 64 * 1024;
/** Of all segments of a trace: what comes after is not kept, and the trace says `LimitExceeded`. AWS: 100 to 500 kB. */
export const traceBytes = 500_000;
export const retentionMs = 30 * 24 * 3_600_000;
/** Seen: https://github.com/boto/boto3/issues/3924 */
export const maxTracesAtOnce = 5;

/** Ours: documents of one PutTraceSegments. Daemons send 50 at most. */
export const maxDocuments = 500;
/** Ours: what a request may weigh. */
export const maxBodyBytes = 8 * 1024 * 1024;
/** Ours: how deep subsegments may lie in each other. */
export const maxDepth = 64;

/** Ours: summaries on a page, and traces that are looked at for one page with a filter. */
export const summariesPerPage = 100;
export const tracesScannedPerPage = 1_000;
/** Ours: traces read from disk at a time. */
export const tracesPerRead = 50;
/** Ours: traces that one service graph is drawn from; the newest. */
export const tracesPerGraph = 2_000;
export const bytesPerGraph = 64 * 1024 * 1024;
/** Ours: a trace that began longer before the time asked for is not looked for among those active at that time. */
export const longestTraceMs = 24 * 3_600_000;

export const sweepIntervalMs = 10 * 60_000;
/** Ours: traces that one step of the sweep removes. */
export const sweepBatch = 200;

/** https://docs.aws.amazon.com/xray/latest/devguide/xray-console-sampling.html: one request a second, and five percent of the others. */
export const defaultRule = { reservoirSize: 1, fixedRate: 0.05, priority: 10_000 } as const;
/** How often who samples shall report, in seconds, and how long a quota is good. https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sampling.html */
export const targetIntervalSeconds = 10;
export const quotaMs = 60_000;
