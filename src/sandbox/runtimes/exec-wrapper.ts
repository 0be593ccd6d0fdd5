import type { EnvironmentSpec } from "../contract.ts";

/** https://docs.aws.amazon.com/lambda/latest/dg/runtimes-modify.html#runtime-wrapper */
const variable = "AWS_LAMBDA_EXEC_WRAPPER";

/** What AWS's runtimes do and say before they become the wrapper, which gets the interpreter's command line. */
const script = `
wrapper=$${variable}
[ -f "$wrapper" ] || { echo "$wrapper: does not exist"; exit 127; }
[ -x "$wrapper" ] || { echo "$wrapper: is not an executable"; exit 126; }
exec "$wrapper" "$@"`;

interface Command {
  path: string;
  args: readonly string[];
}

/** The command line that runs a function's runtime, by its wrapper script if it has one: managed runtimes only, for others may look at the variable themselves. */
export function byWrapper({ variables, runtime, image }: EnvironmentSpec, command: Command): Command {
  if (!variables[variable] || image !== undefined || runtime.startsWith("provided")) return command;
  return { path: "/bin/sh", args: ["-c", script, "sh", command.path, ...command.args] };
}
