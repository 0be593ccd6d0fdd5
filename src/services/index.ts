import type { ServiceDefinition } from "#wire/service.ts";
import { iam } from "./iam/index.ts";
import { lambda } from "./lambda/index.ts";
import { logs } from "./logs/index.ts";
import { sts } from "./sts/index.ts";

/** Every service that is served. */
export const services = [iam, lambda, logs, sts] as unknown as readonly ServiceDefinition[];
