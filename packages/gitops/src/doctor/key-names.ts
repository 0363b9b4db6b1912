import { compilePattern, type Leaf, lookup, type Node, SopsError, showPath } from "@isosops/core";
import {
  foldName,
  hidesSomething,
  literalNames,
  nearNames,
  parseSelector,
  showSelector,
  targetFinder,
} from "@isosops/core/select";
import { describeRule, shellPath, shellWord } from "@isosops/core/verify";
import { encryptCommand } from "../cluster/commands.js";
import { markedLeaves } from "../cluster/marked-leaves.js";
import { isSecretName } from "../encryption/secret-name.js";
import { type DoctorFinding, firstOf, mostShown } from "./finding.js";
import { type Parsed, placeIn } from "./sample.js";

/**
 * Finds keys whose values are in plain text although somebody may think that they are encrypted. sops compares names
 * exactly, and does not encrypt what is not in its list.
 */
export async function checkKeyNames(sample: Parsed): Promise<DoctorFinding[]> {
  const { plain, values, all } = collectKeys(sample);
  const near = await checkNearNames(sample, plain, all);
  const named = new Set(near.map(({ key }) => key));
  return [...near.map(({ finding }) => finding), ...checkUnlisted(sample, values, named)];
}

interface PlainKey {
  readonly path: readonly string[];
  /** The first value below it that is in plain text. */
  readonly leaf: Leaf;
  /** Whether it is in a Kubernetes Secret. */
  readonly inSecret: boolean;
}

/**
 * Collects all keys of a document, and for those with a plain value below them the first place of each. Plain values
 * that are marked for encryption are reported elsewhere.
 */
function collectKeys({ document, encrypted, item }: Parsed) {
  const find = targetFinder(document.branches);
  const marked = new Set((item?.marks ?? []).flatMap(({ key }) => markedLeaves(find, key) ?? []));
  const plain = new Map<string, PlainKey>();
  // Keys with a plain value of their own.
  const values = new Map<string, PlainKey>();
  let inSecret = false;
  const all = new Set<string>();
  const path: string[] = [];
  const visit = (node: Node): void => {
    if (node.kind === "leaf") {
      if (!hidesSomething(node) || encrypted.has(node) || marked.has(node)) return;
      for (const [index, key] of path.entries()) {
        if (!plain.has(key)) plain.set(key, { path: path.slice(0, index + 1), leaf: node, inSecret });
      }
      const own = path.at(-1);
      const known = own === undefined ? undefined : values.get(own);
      // A place in a Secret is preferred.
      if (own !== undefined && (known === undefined || (inSecret && !known.inSecret))) {
        values.set(own, { path: [...path], leaf: node, inSecret });
      }
      return;
    }
    for (const item of node.items) {
      if (item.kind === "comment") continue;
      if (item.kind !== "entry") {
        visit(item);
        continue;
      }
      all.add(item.key);
      // A reference to a secret is not secret.
      if (/Refs?$/.test(item.key)) continue;
      path.push(item.key);
      visit(item.value);
      path.pop();
    }
  };
  for (const branch of document.branches) {
    inSecret = kindOf(branch) === "Secret";
    if (!onlyRefers(branch)) visit(branch);
  }
  return { plain, values, all };
}

interface NearName {
  readonly key: string;
  readonly finding: DoctorFinding;
}

async function checkNearNames(
  sample: Parsed,
  plain: ReadonlyMap<string, PlainKey>,
  all: ReadonlySet<string>,
): Promise<NearName[]> {
  const found = new Map<string, NearName>();
  const add = (key: string, wanted: string, isThere: boolean): void => {
    if (found.has(key) || found.size === mostShown) return;
    found.set(key, { key, finding: nearName(sample, key, plain.get(key)!, wanted, isThere) });
  };
  const wanted = wantedNames(sample);
  const byFolded = new Map<string, string[]>();
  for (const key of plain.keys()) {
    const folded = foldName(key);
    const same = byFolded.get(folded);
    if (same === undefined) byFolded.set(folded, [key]);
    else same.push(key);
  }
  for (const [name, where] of wanted) {
    for (const key of byFolded.get(foldName(name)) ?? []) if (!wanted.has(key)) add(key, where, all.has(name));
  }
  // Each is compared with all keys.
  const missing = [...wanted].filter(([name]) => !all.has(name)).slice(0, mostShown);
  for (const [name, where] of missing) {
    for (const key of nearNames(name, [...plain.keys()])) if (!wanted.has(key)) add(key, where, false);
  }
  const differsInCase = await caseTest(sample);
  if (differsInCase !== undefined) {
    for (const key of plain.keys()) if (differsInCase(key)) add(key, describeRule(sample.metadata!.rule), true);
  }
  return [...found.values()];
}

function nearName(sample: Parsed, key: string, { path, leaf }: PlainKey, wanted: string, isThere: boolean) {
  const shown = showPath(path);
  return {
    topic: sample.topic,
    rule: "key-name",
    level: isThere ? "warning" : "error",
    message: `${sample.name}: ${shown} is in plain text. It is nearly what ${wanted} names, and names are compared letter by letter, upper and lower case too.`,
    remedy: `If it is meant: ${command(sample, key)}.`,
    ...placeIn(sample, leaf.start),
  } satisfies DoctorFinding;
}

/** The names that are to be encrypted, each with the place that says so. */
function wantedNames({ item, metadata }: Parsed): Map<string, string> {
  const wanted = new Map<string, string>();
  for (const name of literalNames(metadata?.rule.encryptedRegex ?? "") ?? []) {
    wanted.set(name, `${name} in the file's \`encrypted_regex\``);
  }
  for (const { key } of item?.marks ?? []) wanted.set(markedName(key), `${key} among \`encrypted_paths\``);
  return wanted;
}

/** The name that sops compares: the last part of a path. */
function markedName(key: string): string {
  if (key.startsWith(".")) return key;
  try {
    const last = parseSelector(key).steps.at(-1);
    return last?.kind === "key" ? last.name : key;
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    return key;
  }
}

/** Whether a key would be encrypted if it had another case, by a rule that does not list names. */
async function caseTest({ metadata }: Parsed): Promise<((key: string) => boolean) | undefined> {
  const { encryptedRegex = "", encryptedSuffix = "" } = metadata?.rule ?? {};
  if (encryptedSuffix !== "") {
    const ending = encryptedSuffix.toLowerCase();
    return (key) => !key.endsWith(encryptedSuffix) && key.toLowerCase().endsWith(ending);
  }
  if (encryptedRegex === "" || literalNames(encryptedRegex) !== undefined) return undefined;
  try {
    const [matches, matchesAnyCase] = [
      await compilePattern(encryptedRegex),
      await compilePattern(`(?i)(?:${encryptedRegex})`),
    ];
    return (key) => !matches(key) && matchesAnyCase(key);
  } catch (error) {
    // An invalid rule is reported elsewhere.
    if (!(error instanceof SopsError)) throw error;
    return undefined;
  }
}

/** Reports values that look as if they should be in the list, and, as a note, all others of a Secret. */
function checkUnlisted(
  sample: Parsed,
  plain: ReadonlyMap<string, PlainKey>,
  named: ReadonlySet<string>,
): DoctorFinding[] {
  const { metadata, item, topic, name } = sample;
  // Everything except some names is encrypted, so whoever wrote the rule named what is plain.
  const excludes = metadata !== undefined && !metadata.rule.encryptedRegex && !metadata.rule.encryptedSuffix;
  if (excludes) return [];
  const onlySecrets = metadata === undefined && item === undefined;
  const secrets: [string, PlainKey][] = [];
  const others: [string, PlainKey][] = [];
  for (const [key, place] of plain) {
    const { path, leaf, inSecret } = place;
    if (named.has(key) || leaf.type !== "str" || (onlySecrets && !inSecret)) continue;
    if (isSecretName(key)) secrets.push([key, place]);
    else if (inSecret && path.length === 2 && /^(?:data|stringData)$/.test(path[0]!)) others.push([key, place]);
  }
  const list =
    item === undefined ? (metadata === undefined ? undefined : describeRule(metadata.rule)) : "`encrypted_paths`";
  const because = list === undefined ? "nothing of it is encrypted" : `${list} does not name it`;
  const findings: DoctorFinding[] = firstOf(secrets, `in ${name} with names of secrets`, ([key, { path, leaf }]) => ({
    topic,
    rule: "unlisted",
    level: "warning",
    message: `${name}: ${showPath(path)} is in plain text, since ${because}, and its name is that of a secret.`,
    remedy: `If it is one: ${command(sample, key)}.`,
    ...placeIn(sample, leaf.start),
  }));
  if (others.length > 0) {
    const shown = others.slice(0, mostShown).map(([, { path }]) => showPath(path));
    const more = others.length > mostShown ? ` and ${others.length - mostShown} more` : "";
    findings.push({
      topic,
      rule: "unlisted",
      level: "note",
      message: `${name}: of the Secret, in plain text: ${shown.join(", ")}${more}.`,
      remedy: `If one of them is secret: ${command(sample, "KEY")}.`,
      ...placeIn(sample, others[0]![1].leaf.start),
    });
  }
  return findings;
}

function kindOf(branch: Node): unknown {
  const kind = branch.kind === "mapping" ? lookup(branch, "kind") : undefined;
  return kind?.kind === "leaf" ? kind.text : undefined;
}

/**
 * API groups whose objects refer to secrets, or encrypt them in their own way: External Secrets, Sealed Secrets, the
 * Secrets Store CSI Driver, cert-manager, and the operators of Vault, 1Password, Infisical and Doppler.
 */
const referringGroups =
  /^(?:(?:generators\.)?external-secrets\.io|bitnami\.com|secrets-store\.csi\.x-k8s\.io|cert-manager\.io|secrets\.hashicorp\.com|onepassword\.com|secrets\.infisical\.com|secrets\.doppler\.com)\//;

function onlyRefers(branch: Node): boolean {
  const version = branch.kind === "mapping" ? lookup(branch, "apiVersion") : undefined;
  return version?.kind === "leaf" && typeof version.text === "string" && referringGroups.test(version.text);
}

function command({ item, path, clusterPath }: Parsed, key: string): string {
  if (item !== undefined) return `\`${encryptCommand(item, [key], clusterPath)}\``;
  const selector = key === "KEY" ? key : showSelector([key]);
  return `\`isosops encrypt --select ${shellWord(selector)} --in-place ${shellPath(path)}\``;
}
