import type { PutTelemetryRecordsRequest, PutTelemetryRecordsResult } from "@aws-sdk/client-xray";
import type { XrayOperation } from "../state.ts";

/** What daemons count about themselves, which nobody can ask for. https://docs.aws.amazon.com/xray/latest/api/API_PutTelemetryRecords.html */
export const putTelemetryRecords: XrayOperation<PutTelemetryRecordsRequest, PutTelemetryRecordsResult> = () => ({});
