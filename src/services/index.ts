import type { ServiceDefinition } from "#wire/service.ts";
import { iam } from "./iam/index.ts";
import { lambda } from "./lambda/index.ts";
import { logs } from "./logs/index.ts";
import { sns } from "./sns/index.ts";
import { sqs } from "./sqs/index.ts";
import { sts } from "./sts/index.ts";
import { xray } from "./xray/index.ts";

/** Every service that is served. */
export const services = [iam, lambda, logs, sns, sqs, sts, xray] as unknown as readonly ServiceDefinition[];
