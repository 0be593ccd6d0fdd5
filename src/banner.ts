import type { DriverDescription } from "#sandbox/contract.ts";
import { type Config, hasDefaultSecret } from "./config.ts";

/** What a start says before its last line: where we are, who may come in, what keeps functions apart. */
export function banner(
  config: Config,
  { endpoint, httpsEndpoint }: { endpoint: string; httpsEndpoint: string | undefined },
  driver: DriverDescription,
): string[] {
  const secret = hasDefaultSecret(config) ? config.rootSecretAccessKey : "(as configured)";
  return [
    "Pilotlight: AWS Lambda on your own machine",
    `  endpoint     ${endpoint}`,
    ...(httpsEndpoint === undefined ? [] : [`  https        ${httpsEndpoint} (docs/https.md says how to trust it)`]),
    `  region       ${config.region} (every region is served)`,
    `  account      ${config.accountId}`,
    `  root keys    ${config.rootAccessKeyId} / ${secret}`,
    `  data         ${config.dataFolder}`,
    `  isolation    ${driver.name}: ${driver.isolation}`,
    ...(driver.starts === undefined ? [] : [`  cold starts  ${driver.starts}`]),
    ...driver.advice.map((line) => `               ${line}`),
    "",
    "  Point any AWS tool at it:",
    `    export AWS_ENDPOINT_URL=${endpoint} AWS_ACCESS_KEY_ID=${config.rootAccessKeyId} AWS_SECRET_ACCESS_KEY=${hasDefaultSecret(config) ? "test" : "…"} AWS_REGION=${config.region} AWS_DEFAULT_REGION=${config.region}`,
    "",
  ];
}
