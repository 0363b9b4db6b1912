import type { Data } from "isosops";

/** A value as an expression of JavaScript. */
export function literal(value: Data): string {
  if (value === null) return "null";
  switch (typeof value) {
    case "bigint":
      return `${value}n`;
    case "number":
      return Object.is(value, -0) ? "-0" : String(value);
    case "object":
      break;
    default:
      return JSON.stringify(value);
  }
  if (value instanceof Date) return `new Date(${value.getTime()})`;
  if (value instanceof Uint8Array) return `new Uint8Array([${value.join(",")}])`;
  if (Array.isArray(value)) return `[${value.map(literal).join(",")}]`;
  // `__proto__: value` would set the prototype; in brackets it is a key like any other.
  const entries = Object.entries(value).map(([key, item]) => `[${JSON.stringify(key)}]:${literal(item)}`);
  return `{${entries.join(",")}}`;
}
