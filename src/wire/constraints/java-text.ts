import type { ServiceConstraints, Shape } from "./constraints.ts";

/** A value as Java's toString shows it, which is how AWS's messages do: `[a, b]`, `{k=v}`, `2.0`, `Tag(key=a, value=null)`. */
export function javaText(constraints: ServiceConstraints, shapeName: string, value: unknown): string {
  const shape = constraints.shapes[shapeName]!;
  if (value === undefined || value === null) return "null";
  if (shape.sensitive) return "***";
  const show = (name: string, part: unknown): string => javaText(constraints, name, part);
  switch (shape.kind) {
    case "structure": {
      const source = value as Record<string, unknown>;
      const members = Object.entries(shape.members).map(([name, member]) => `${javaName(name)}=${show(member, source[name])}`);
      return `${javaName(shapeName, "type")}(${members.join(", ")})`;
    }
    case "list":
      return `[${(value as unknown[]).map((item) => show(shape.item, item)).join(", ")}]`;
    case "map": {
      const entries = Object.entries(value).map(([key, item]) => `${show(shape.key, key)}=${show(shape.value, item)}`);
      return `{${entries.join(", ")}}`;
    }
    case "blob": {
      const { length } = value as Uint8Array;
      return `java.nio.HeapByteBuffer[pos=0 lim=${length} cap=${length}]`;
    }
    case "timestamp":
      return (value as Date).toJSON();
    default:
      return typeof value === "number" ? javaNumber(shape, value) : `${value as string | boolean}`;
  }
}

/** `FunctionName` → `functionName`; for types `tagType` → `TagType`. */
export const javaName = (name: string, use: "member" | "type" = "member"): string =>
  (use === "type" ? name[0]!.toUpperCase() : name[0]!.toLowerCase()) + name.slice(1);

/** https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/lang/Double.html#toString(double) */
export function javaNumber({ kind }: Pick<Shape, "kind">, value: number): string {
  if ((kind !== "double" && kind !== "float") || !Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size === 0 || (size >= 1e-3 && size < 1e7)) return withFraction(String(value));
  const [mantissa, exponent] = value.toExponential().split("e") as [string, string];
  return `${withFraction(mantissa)}E${Number(exponent)}`;
}

const withFraction = (digits: string): string => (digits.includes(".") ? digits : `${digits}.0`);
