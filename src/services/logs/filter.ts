import { AwsError } from "#wire/errors.ts";
import { type FilterPattern, InvalidPattern, parseFilterPattern } from "./filter-pattern/pattern.ts";

/** Parses a request's pattern; an absent one matches everything. Throws InvalidParameterException. */
export function readPattern(text: string | undefined): FilterPattern {
  try {
    return parseFilterPattern(text ?? "");
  } catch (error) {
    if (error instanceof InvalidPattern) throw new AwsError("InvalidParameterException", error.message);
    throw error;
  }
}
