/** What programs that are no sops read in YAML: PyYAML, and helm with go-yaml v2. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

// Through variables, because these scripts have no types.
const helmScript = new URL("../helm.js", import.meta.url).href;
const pyyamlScript = new URL("../pyyaml.js", import.meta.url).href;
const { findHelms } = (await import(helmScript)) as { findHelms(): string[] };
const { findPyyaml } = (await import(pyyamlScript)) as { findPyyaml(): string | undefined };

const python = findPyyaml();
const helms = process.platform === "win32" ? [] : findHelms();

export interface Reader {
  readonly name: string;
  /** What each of the texts holds, or in words why it holds nothing. */
  read(texts: readonly string[]): ([unknown] | string)[];
}

export const readers: readonly Reader[] = [
  ...(python === undefined ? [] : [{ name: "PyYAML", read: readWithPyyaml }]),
  ...helms.map((helm) => ({ name: helm, read: (texts: readonly string[]) => readWithHelm(helm, texts) })),
];

/** Why some of the readers are not asked. */
export const missing: readonly string[] = [
  ...(python === undefined ? ["no python3 with PyYAML (run test-vectors/install.js, or set PYTHON_BIN)"] : []),
  ...(helms.length === 0 ? ["no helm (run test-vectors/install.js, or set HELM_BIN)"] : []),
];

const script = fileURLToPath(new URL("read.py", import.meta.url));

function readWithPyyaml(texts: readonly string[]): ([unknown] | string)[] {
  const input = JSON.stringify(texts);
  return JSON.parse(execFileSync(python!, [script], { input, encoding: "utf8", maxBuffer: 2 ** 29 }));
}

/** All texts at once, as files of values; those among which one is refused in two halves. */
function readWithHelm(helm: string, texts: readonly string[]): ([unknown] | string)[] {
  const folder = mkdtempSync(join(tmpdir(), "isosops-helm-"));
  try {
    mkdirSync(join(folder, "templates"));
    writeFileSync(join(folder, "Chart.yaml"), "apiVersion: v2\nname: readers\nversion: 0.1.0\n");
    const template =
      "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: readers\ndata:\n  all: {{ .Values | toJson | b64enc }}\n";
    writeFileSync(join(folder, "templates", "all.yaml"), template);
    return readHalves(helm, folder, texts);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readHalves(helm: string, folder: string, texts: readonly string[]): ([unknown] | string)[] {
  // Behind all that is a line break in YAML 1.1.
  const indent = (text: string) => text.replace(/(?<=^|[\n\x85\u2028\u2029])(?=[^\r\n])/g, "  ");
  writeFileSync(join(folder, "values.yaml"), texts.map((text, i) => `t${i}:\n${indent(text)}`).join(""));
  try {
    const stdio: ("ignore" | "pipe")[] = ["ignore", "pipe", "pipe"];
    const printed = execFileSync(helm, ["template", "x", folder], { encoding: "utf8", maxBuffer: 2 ** 29, stdio });
    const all = /^ {2}all: (\S+)$/m.exec(printed)![1]!;
    const values = JSON.parse(Buffer.from(all, "base64").toString("utf8")) as Record<string, unknown>;
    return texts.map((_, i) => [values[`t${i}`]]);
  } catch (error) {
    if (texts.length === 1) return [String((error as { stderr?: string }).stderr ?? error)];
    const half = texts.length >> 1;
    return [...readHalves(helm, folder, texts.slice(0, half)), ...readHalves(helm, folder, texts.slice(half))];
  }
}
