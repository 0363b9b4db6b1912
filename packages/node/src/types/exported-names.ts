import type { Mapping } from "@isosops/core";

/** Names of JavaScript, of ASCII: other keys are in the default export alone. */
const identifier = /^[A-Za-z_$][\w$]*$/;

/** Words that cannot be the name of an export (ECMA-262, 12.7.2, without those that `export { x as word }` allows). */
const reserved: ReadonlySet<string> = new Set(["default", "__proto__"]);

/** The keys of a file that are exports of its own: `import { database } from "./secrets.enc.yaml"`. */
export function exportedNames(top: Mapping): string[] {
  const names = top.items.flatMap((item) => (item.kind === "entry" ? [item.key] : []));
  return [...new Set(names)].filter((name) => identifier.test(name) && !reserved.has(name));
}
