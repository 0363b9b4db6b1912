/** Files from the real world: those that lie in the packages which this project and the sops command are made of. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Format } from "./sops.js";

/** Beyond this, the server of sops takes too long: it grows with the square of the size. */
const largest = 40_000;

const endings: Readonly<Record<Format, RegExp>> = {
  yaml: /\.ya?ml$/,
  json: /\.json$/,
  dotenv: /(?:^|\.)env$|\.env\.[a-z]+$|\.(?:properties|conf|cfg)$|^Dockerfile$|^\.?(?:git|docker|npm)ignore$/,
  ini: /\.(?:ini|cfg|conf|editorconfig|toml|gitmodules|properties)$/,
  binary: /\.(?:png|gz|wasm|pem|crt|txt|md|sh|proto)$/,
};

export interface CorpusFile {
  path: string;
  bytes: Buffer;
}

let found: Map<Format, string[]> | undefined;

/**
 * Some of the files of a format, the same ones on every machine with the same packages: of all that are not too large, in
 * the order of their names, every n-th, and each content once.
 *
 * @param most how many
 */
export function corpusFiles(format: Format, most: number): CorpusFile[] {
  found ??= findFiles();
  const paths = found.get(format)!;
  const step = Math.max(1, paths.length / most);
  const seen = new Set<string>();
  const files: CorpusFile[] = [];
  for (let at = 0; at < paths.length && files.length < most; at += step) {
    const path = paths[Math.floor(at)]!;
    const bytes = readFileSync(path);
    const hash = createHash("sha256").update(bytes).digest("hex");
    if (!seen.has(hash)) files.push({ path, bytes });
    seen.add(hash);
  }
  return files;
}

function findFiles(): Map<Format, string[]> {
  const files = new Map(Object.keys(endings).map((format): [Format, string[]] => [format as Format, []]));
  for (const root of roots()) {
    const waiting = [root];
    for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
      for (const item of readdirSync(folder, { withFileTypes: true })) {
        const path = join(folder, item.name);
        if (item.isDirectory()) waiting.push(path);
        else if (item.isFile()) {
          for (const [format, ending] of Object.entries(endings)) {
            if (ending.test(item.name) && statSync(path).size <= largest) files.get(format as Format)!.push(path);
          }
        }
      }
    }
  }
  for (const paths of files.values()) paths.sort();
  return files;
}

function roots(): string[] {
  const packages = fileURLToPath(new URL("../../node_modules/.pnpm", import.meta.url));
  let modules = "";
  try {
    modules = execFileSync("go", ["env", "GOMODCACHE"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  } catch {
    // The server may have been built elsewhere.
  }
  return [packages, modules].filter((path) => path !== "" && existsSync(path));
}
