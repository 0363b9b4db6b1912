import { fromData, type PlainAssignment } from "@isosops/core/edit";
import { GitopsError } from "../error.js";
import { parseCluster } from "./cluster-file.js";
import { relativeParts } from "./cluster-files.js";
import { createDraft } from "./draft.js";

/** A manifest or an addon to add to a cluster file. */
export interface NewItem {
  readonly kind: "manifest" | "addon";
  readonly name: string;
  /** The stack it belongs to; added if there is none of that name. */
  readonly stack: string;
  /** An addon's chart. */
  readonly chart?: string | undefined;
  /** `from_file`: the path of its file from the folder of the cluster file. */
  readonly file: string;
}

/**
 * Adds a manifest or an addon to the text of a cluster file. The rest stays byte for byte.
 *
 * @param source - the text of the cluster file
 * @param filename - Used in error messages.
 * @returns the new text
 * @throws {GitopsError} `cluster` if it is not a valid cluster file, or has such an item or stack already; `outside` if
 * the file is not named by a relative path.
 * @throws {SopsError} `syntax` if it is not YAML, `unwritable` if the item cannot be added.
 * @example
 * ```ts
 * const text = await addItem(clusterFile("production"), {
 *   kind: "manifest",
 *   name: "shop",
 *   stack: "web",
 *   file: "manifests/shop.yaml",
 * });
 * ```
 */
export async function addItem(source: string, item: NewItem, filename = "cluster.yaml"): Promise<string> {
  const { kind, name, stack, chart, file } = item;
  for (const [what, text] of Object.entries({ name, stack, file })) {
    if (text.trim() === "") throw new GitopsError("cluster", `The ${what} is empty. Give one.`);
  }
  relativeParts(file);
  const { stacks } = await parseCluster(source, filename);
  const found = stacks.findIndex((one) => one.name === stack);
  const items = stacks[found]?.items.filter((one) => one.kind === kind) ?? [];
  if (items.some((one) => one.name === name)) {
    throw new GitopsError("cluster", `The stack ${stack} has ${describe(kind)} ${name} already. Give another name.`);
  }
  const value =
    kind === "manifest"
      ? { name, from_file: file }
      : { name, chart_name: chart === undefined || chart === "" ? name : chart, configuration: { from_file: file } };
  const list = kind === "manifest" ? "manifests" : "addons";
  return set(
    source,
    found === -1
      ? { path: ["spec", "stacks", stacks.length], value: fromData({ name: stack, [list]: [value] }) }
      : { path: ["spec", "stacks", found, list, items.length], value: fromData(value) },
    filename,
  );
}

/**
 * The text of a cluster file without stacks.
 *
 * @param name - the name of the cluster
 */
export function clusterFile(name: string): string {
  const isPlain = /^[A-Za-z][\w-]*$/.test(name) && !/^(?:y|n|yes|no|on|off|true|false|null)$/i.test(name);
  return `kind: ImportCluster\nmetadata:\n  name: ${isPlain ? name : JSON.stringify(name)}\n`;
}

function describe(kind: NewItem["kind"]): string {
  return kind === "addon" ? "an addon" : "a manifest";
}

async function set(source: string, assignment: PlainAssignment, path: string): Promise<string> {
  const draft = createDraft({ read: async () => new TextEncoder().encode(source) });
  await draft.read(path);
  draft.set(path, assignment);
  const [change] = await draft.changes(path);
  return change === undefined ? source : new TextDecoder().decode(change.after);
}
