/**
 * The runtime identifiers, and which of them a function may be created with.
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html (October 2026)
 */
import { createHash } from "node:crypto";
import { invalidParameter } from "./errors.ts";

/**
 * DIVERGES: AWS has closed some of these for new functions (nodejs20.x, provided.al2, python3.9, ruby3.2); what we can run stays creatable,
 * because nobody migrates easier by being locked out on the own machine.
 */
export const runnable = [
  "nodejs20.x",
  "nodejs22.x",
  "nodejs24.x",
  "nodejs26.x",
  "python3.9",
  "python3.10",
  "python3.11",
  "python3.12",
  "python3.13",
  "python3.14",
  "java8.al2",
  "java8.al2023",
  "java11",
  "java11.al2023",
  "java17",
  "java17.al2023",
  "java21",
  "java25",
  "ruby3.2",
  "ruby3.3",
  "ruby3.4",
  "ruby4.0",
  "provided.al2",
  "provided.al2023",
];

/** AWS runs these; we do not yet. */
const planned = ["dotnet10", "dotnet8", "python3.15"];

/** AWS has ended these; so have we. */
const ended = [
  ...[
    "dotnet6",
    "dotnetcore1.0",
    "dotnetcore2.0",
    "dotnetcore2.1",
    "dotnetcore3.1",
    "go1.x",
    "java8",
    "nodejs",
    "nodejs10.x",
    "nodejs12.x",
    "nodejs14.x",
    "nodejs16.x",
    "nodejs18.x",
    "nodejs4.3",
    "nodejs4.3-edge",
  ],
  ...["nodejs6.10", "nodejs8.10", "provided", "python2.7", "python3.6", "python3.7", "python3.8", "ruby2.5", "ruby2.7"],
];

/** When AWS ends, or has ended, its support; what is not in here has no date yet. */
export const deprecation: Readonly<Record<string, string>> = {
  "nodejs20.x": "2026-04-30",
  "nodejs22.x": "2027-04-30",
  "nodejs24.x": "2028-04-30",
  "python3.9": "2025-12-15",
  "python3.10": "2026-10-31",
  "python3.11": "2027-06-30",
  "python3.12": "2028-10-31",
  "python3.13": "2029-06-30",
  "python3.14": "2029-06-30",
  "java8.al2": "2027-06-30",
  java11: "2027-06-30",
  java17: "2027-06-30",
  java21: "2029-06-30",
  java25: "2029-06-30",
  "ruby3.2": "2026-03-31",
  "ruby3.3": "2027-03-31",
  "ruby3.4": "2028-03-31",
  "ruby4.0": "2029-03-31",
  "provided.al2": "2026-07-31",
  "provided.al2023": "2029-06-30",
};

/** The set as AWS prints it (recorded 2026-03), with what has joined since. */
const printedSet =
  "[nodejs20.x, python3.14, provided.al2023, python3.12, python3.13, nodejs24.x, nodejs22.x, java25, python3.10, python3.11, java21, ruby3.3, ruby3.4, ruby3.2, python3.8, python3.9, java17, nodejs16.x, dotnet10, dotnet8, java11, dotnet6, nodejs18.x, provided.al2, java8.al2]";

/** Throws AWS's error unless functions can be created with this runtime here. */
export function checkRuntime(runtime: string): void {
  if (runnable.includes(runtime)) return;
  if (runtime.startsWith("dotnet") && planned.includes(runtime)) throw invalidParameter(dotnetAdvice(runtime));
  if (planned.includes(runtime)) throw invalidParameter(`Pilotlight does not run ${runtime} yet. It runs: ${runnable.join(", ")}.`);
  if (ended.includes(runtime)) {
    throw invalidParameter(
      `The runtime parameter of ${runtime} is no longer supported for creating or updating AWS Lambda functions. We recommend you use a supported runtime while creating or updating functions.`,
    );
  }
  throw invalidParameter(
    `Value ${runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: ${printedSet} or be a valid ARN`,
  );
}

/** Their runtime client comes from NuGet, as part of a program that the .NET SDK builds: see docs/runtimes.md. */
const dotnetAdvice = (runtime: string): string =>
  `Pilotlight does not run ${runtime} as a managed runtime. Publish the function as an executable named bootstrap (self-contained, with Amazon.Lambda.RuntimeSupport) and create it with provided.al2023.`;

/**
 * https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html#snapstart-runtimes: Java from 11, Python from 3.12, .NET from 8.
 * DIVERGES: and Node.js from 20, which AWS refuses.
 */
export const hasSnapStart = (runtime: string): boolean =>
  /^(?:nodejs[2-9]\d|java(?:1[1-9]|[2-9]\d)|python3\.(?:1[2-9]|[2-9]\d)|dotnet(?:[89]|\d\d))/.test(runtime);

/** An ARN in AWS's form, one per runtime and region; the hash stands for our implementation of it. */
export function runtimeVersionArn(runtime: string, region: string): string {
  return `arn:aws:lambda:${region}::runtime:${createHash("sha256").update(`pilotlight ${runtime}`).digest("hex")}`;
}
