import { dirname } from "node:path";
import type { EnvironmentSpec, SessionCredentials } from "./contract.ts";
import type { Places } from "./drivers/driver.ts";
import type { InitialisationType } from "./initialisation.ts";
import type { RuntimeStart } from "./runtimes/runtime-start.ts";

/**
 * The variables that a function finds: those that Lambda reserves, defaults that the customer may replace, and the customer's
 * own. https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
 */
export function functionVariables(
  spec: EnvironmentSpec,
  credentials: SessionCredentials,
  start: RuntimeStart,
  places: Places,
  logStream: string,
  initialisation: InitialisationType = "on-demand",
): Record<string, string> {
  return {
    ...defaultVariables(spec.endpointUrl, start, places),
    ...spec.variables,
    ...reserved(spec, start, places),
    AWS_LAMBDA_LOG_GROUP_NAME: spec.logging.group,
    AWS_LAMBDA_LOG_STREAM_NAME: logStream,
    AWS_ACCESS_KEY: credentials.accessKeyId,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
    AWS_LAMBDA_INITIALIZATION_TYPE: initialisation,
  };
}

/**
 * The same for functions with SnapStart, which are not told what differs from one environment to the next: they ask for their credentials, with that token.
 * https://docs.aws.amazon.com/lambda/latest/dg/snapstart-activate.html#snapstart-credentials
 */
export function snappedVariables(spec: EnvironmentSpec, token: string, start: RuntimeStart, places: Places): Record<string, string> {
  return {
    ...defaultVariables(spec.endpointUrl, start, places),
    ...spec.variables,
    ...reserved(spec, start, places),
    [tokenVariable]: token,
    AWS_LAMBDA_INITIALIZATION_TYPE: "snap-start",
  };
}

const tokenVariable = "AWS_CONTAINER_AUTHORIZATION_TOKEN";

/** Those of an order, and those by which the process reaches us. */
export function withAddresses(
  variables: Readonly<Record<string, string>>,
  ofLink: Readonly<Record<string, string>>,
): Record<string, string> {
  const all = { ...variables, ...ofLink };
  if (!Object.hasOwn(variables, tokenVariable)) return all;
  return { ...all, AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://${ofLink.AWS_LAMBDA_RUNTIME_API}/2021-04-23/credentials` };
}

/** Those that are the same for all functions of a runtime. */
export function defaultVariables(endpointUrl: string, start: RuntimeStart, places: Places): Record<string, string> {
  return {
    LANG: "en_US.UTF-8",
    TZ: ":UTC",
    // As on AWS, the interpreter comes first: extensions and wrapper scripts are mostly written in the language of their function.
    PATH: `${start.link === "frames" ? `${dirname(start.program)}:` : ""}/usr/local/bin:/usr/bin:/bin:${places.layers}/bin`,
    LD_LIBRARY_PATH: `${places.task}:${places.task}/lib:${places.layers}/lib`,
    AWS_XRAY_CONTEXT_MISSING: "LOG_ERROR",
    // DIVERGES: AWS's daemon has a link-local address; here nothing must leave the machine.
    AWS_XRAY_DAEMON_ADDRESS: "127.0.0.1:2000",
    // What makes SDKs speak to this product. A customer who sets it to another address means it.
    AWS_ENDPOINT_URL: endpointUrl,
    ...start.variables(places),
  };
}

/** AWS_LAMBDA_RUNTIME_API is added by the link. DIVERGES: runtimes that speak frames do not get it, for nothing would answer there. */
function reserved(spec: EnvironmentSpec, start: RuntimeStart, places: Places): Record<string, string> {
  const { applicationLevel } = spec.logging;
  return {
    ...(spec.image ? {} : { _HANDLER: spec.handler }),
    AWS_REGION: spec.region,
    AWS_DEFAULT_REGION: spec.region,
    ...(spec.runtime.startsWith("provided") ? {} : { AWS_EXECUTION_ENV: `AWS_Lambda_${spec.image ? "Image" : spec.runtime}` }),
    AWS_LAMBDA_FUNCTION_NAME: spec.functionName,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(spec.memoryMb),
    AWS_LAMBDA_FUNCTION_VERSION: spec.functionVersion,
    AWS_LAMBDA_LOG_FORMAT: spec.logging.format,
    ...(applicationLevel === undefined ? {} : { AWS_LAMBDA_LOG_LEVEL: applicationLevel }),
    LAMBDA_TASK_ROOT: places.task,
    LAMBDA_RUNTIME_DIR: start.runtimeFolder,
  };
}
