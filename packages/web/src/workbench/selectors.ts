/**
 * The selector of `isosops` for exactly one path of keys from the top of a document. A single name alone would choose every key of that name.
 */
export function showSelector(path: readonly string[]): string {
  const [only = ""] = path;
  if (path.length === 1) return only.includes('"]') ? `['${only}']` : `["${only}"]`;
  return path.reduce((text, key) => {
    if (key === "") return `${text}[""]`;
    return `${text}${text === "" ? "" : "."}${key.replace(/[\\.[*]/g, "\\$&")}`;
  }, "");
}

/** A path of keys to read: `auth.password`. */
export function pathText(path: readonly string[]): string {
  return path.length === 1 ? (path[0] ?? "") : showSelector(path);
}
