// `isosops verify` on a tree of many files, against reading the same files alone and `sops filestatus` on some of them.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { encrypt, generateIdentity } from "isosops";
import { runMeasured } from "./process.js";
import { summarize } from "./statistics.js";

const command = fileURLToPath(import.meta.resolve("@isosops/cli/package.json")).replace(
  /package\.json$/,
  "bin/isosops.cjs",
);
const reader = fileURLToPath(new URL("read-files.js", import.meta.url));

/** Of ten files, so many are encrypted; the others are what else is in a repository. */
const encryptedOfTen = 3;

/** Of how many encrypted files sops is asked, a process each. */
const sampleSize = 30;

/**
 * @param {{ path: string } | undefined} sops
 * @param {{ files: number, rounds: number }} options
 */
export async function verifyBench(sops, { files, rounds }) {
  const top = mkdtempSync(join(tmpdir(), "isosops-verify-"));
  const run = { env: { PATH: process.env.PATH ?? "" }, cwd: top };
  const node = process.execPath;
  try {
    const tree = await makeTree(top, files);
    const ours = [];
    const reading = [];
    const theirs = [];
    const sample = tree.encrypted.filter((_, index) => index % Math.ceil(tree.encrypted.length / sampleSize) === 0);
    for (let round = 0; round <= rounds; round++) {
      const verified = await runMeasured(node, [command, "verify", "--json", "."], run);
      const read = await runMeasured(node, [reader, "."], run);
      // The first round fills the caches.
      if (round === 0) continue;
      ours.push(verified);
      reading.push(read);
      if (sops === undefined) continue;
      const script = `for file in "$@"; do "$0" filestatus "$file" || exit; done`;
      theirs.push(await runMeasured("sh", ["-c", script, sops.path, ...sample], run));
    }
    const found = await plant(top, tree.encrypted, run);
    const median = (list, what) => summarize(list.map((usage) => usage[what])).median;
    const timesOf = (what) => ({
      ours: median(ours, what),
      reading: median(reading, what),
      sopsAFile: theirs.length === 0 ? undefined : median(theirs, what) / sample.length,
    });
    return {
      files,
      encrypted: tree.encrypted.length,
      seconds: timesOf("seconds"),
      cpuSeconds: timesOf("cpuSeconds"),
      peakBytes: summarize(ours.map(({ peakBytes }) => peakBytes ?? 0)).max || undefined,
      found,
    };
  } finally {
    rmSync(top, { recursive: true, force: true });
  }
}

async function makeTree(top, files) {
  const { recipient } = await generateIdentity();
  const encrypted = [];
  write(top, ".sops.yaml", `creation_rules:\n  - path_regex: ^team-\\d+/secrets/\n    age: ${recipient}\n`);
  write(top, ".gitignore", "dist/\n*.log\n");
  for (let index = 0; index < files; index++) {
    const team = `team-${index % 50}`;
    if (index % 10 < encryptedOfTen) {
      const format = ["yaml", "json", "dotenv"][index % 3];
      const path = `${team}/secrets/app-${index}.${format === "dotenv" ? "env" : format}`;
      const { text } = await encrypt(plain(format, index), { format, recipients: [recipient] });
      write(top, path, text);
      encrypted.push(path);
    } else if (index % 10 < 6) {
      write(top, `${team}/apps/app-${index}.yaml`, deployment(index));
    } else {
      const ending = ["ts", "md", "json", "txt"][index % 4];
      const body = ending === "json" ? JSON.stringify({ index, text: filler(index) }) : filler(index);
      write(top, `${team}/src/file-${index}.${ending}`, body);
    }
  }
  return { encrypted };
}

function write(top, path, text) {
  mkdirSync(dirname(join(top, path)), { recursive: true });
  writeFileSync(join(top, path), text);
}

function plain(format, index) {
  const entries = Array.from({ length: 12 }, (_, at) => [`key_${at}`, `value ${index} ${at} ${"x".repeat(at * 3)}`]);
  if (format === "json") return JSON.stringify(Object.fromEntries(entries), undefined, 2);
  if (format === "dotenv") return entries.map(([key, value]) => `${key.toUpperCase()}=${value}\n`).join("");
  return entries.map(([key, value]) => `${key}: ${value}\n`).join("");
}

function deployment(index) {
  const containers = Array.from(
    { length: 4 },
    (_, at) => `        - name: c${at}\n          image: registry/app:${index}\n`,
  );
  return `apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: app-${index}\nspec:\n  template:\n    spec:\n      containers:\n${containers.join("")}`;
}

function filler(index) {
  return `// file ${index}\n${"const line = 'some text that is no secret at all';\n".repeat(20 + (index % 80))}`;
}

/** Puts plain values into some files, and looks whether each is found and nothing else. */
async function plant(top, encrypted, run) {
  const picked = encrypted.filter((_, index) => index % Math.ceil(encrypted.length / 10) === 0);
  for (const path of picked) {
    const text = readFileSync(join(top, path), "utf8");
    writeFileSync(join(top, path), text.replace(/ENC\[[^\]]*\]/, "planted"));
  }
  const report = join(top, "..", `isosops-verify-${process.pid}.json`);
  try {
    // 10 is the exit code for findings.
    const script = `"$0" "$1" verify --json . > "$2"; test $? = 10`;
    await runMeasured("sh", ["-c", script, process.execPath, command, report], run);
    const { findings } = JSON.parse(readFileSync(report, "utf8"));
    const files = findings.map(({ file, rule }) => `${file} ${rule}`).sort();
    return JSON.stringify(files) === JSON.stringify(picked.map((path) => `${path} plain-value`).sort());
  } finally {
    rmSync(report, { force: true });
  }
}
