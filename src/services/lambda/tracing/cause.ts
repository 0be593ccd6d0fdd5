/** As long as a message may be here; it is in the function's log at its full length. */
const maximumMessageCharacters = 1_000;
/** As long as a name or a path may be. */
const maximumNameCharacters = 200;
/** A segment has 64 KB, and holds its cause twice. */
const maximumFrames = 50;
const maximumPayloadBytes = 256 * 1024;

interface Frame {
  path: string;
  line: number;
  label: string;
}

/** A line of a stack trace, as the runtimes write them. */
const frameForms: readonly RegExp[] = [
  // Python
  /^ *File "(?<path>[^"]+)", line (?<line>\d+), in (?<label>[^\n]+)/,
  // Node.js
  /^ *at (?:(?<label>.+) \()?(?:file:\/\/)?(?<path>[^()]+):(?<line>\d+):\d+\)?$/,
  // Ruby
  /^(?<path>[^:]+):(?<line>\d+):in [`'](?<label>.+)'$/,
  // Java
  /^(?:\tat )?(?<label>[^()]+)\((?<path>[^():]+):(?<line>\d+)\)$/,
];

/**
 * Why a function failed, by the error that it answered, in the form of a segment's cause.
 * https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html#api-segmentdocuments-errors
 */
export function causeOf(payload: Uint8Array, makeId: () => string): object {
  const { errorType, errorMessage, stack } = errorIn(payload);
  const paths = [...new Set(stack.map(({ path }) => path))];
  const exception = { id: makeId(), message: errorMessage, type: errorType, ...(stack.length > 0 && { stack }) };
  return { working_directory: "/var/task", ...(paths.length > 0 && { paths }), exceptions: [exception] };
}

/** Runtimes may answer an error that is no such object. */
function errorIn(payload: Uint8Array): { errorType: string; errorMessage: string; stack: Frame[] } {
  const unknown = { errorType: "Unhandled", errorMessage: "", stack: [] };
  if (payload.length > maximumPayloadBytes) return unknown;
  try {
    const error = JSON.parse(Buffer.from(payload).toString()) as Record<string, unknown>;
    const { errorType, errorMessage, stackTrace = error["trace"] } = error;
    return {
      errorType: typeof errorType === "string" ? errorType.slice(0, maximumNameCharacters) : unknown.errorType,
      errorMessage: typeof errorMessage === "string" ? errorMessage.slice(0, maximumMessageCharacters) : unknown.errorMessage,
      stack: Array.isArray(stackTrace)
        ? stackTrace
            .slice(0, 2 * maximumFrames)
            .flatMap(frameIn)
            .slice(0, maximumFrames)
        : [],
    };
  } catch {
    return unknown;
  }
}

/** None of what is no line of a trace, such as the message that begins it. */
function frameIn(text: unknown): Frame[] {
  if (typeof text !== "string" || text.length > 2_000) return [];
  for (const form of frameForms) {
    const { path, line, label = "anonymous" } = form.exec(text)?.groups ?? {};
    if (path === undefined) continue;
    return [{ path: path.slice(0, maximumNameCharacters), line: Number(line), label: label.slice(0, maximumNameCharacters) }];
  }
  return [];
}
