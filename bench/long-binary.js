// What the command takes to encrypt and decrypt a long BINARY file, and sops beside it, where the memory is there: sops needs
// about eleven times the size of the file. `node bench/long-binary.js 2048` for 2 GiB.
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { freemem, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { findSops, readKey } from "../test-vectors/tools.js";
import { runMeasured } from "./process.js";

const ourCommand = fileURLToPath(new URL("../packages/cli/bin/isosops.cjs", import.meta.url));
const mebibyte = 1_048_576;
const sopsFactor = 11;

/**
 * @param {{ mebibytes: number, sops?: { path: string } }} options
 * @returns {Promise<{ who: string, operation: string, seconds: number, peakBytes: number | undefined }[]>}
 */
export async function longBinaryBench({ mebibytes, sops }) {
  const folder = mkdtempSync(join(tmpdir(), "isosops-long-"));
  const file = (name) => join(folder, name);
  const { recipient, identity } = readKey("first");
  const env = { PATH: process.env.PATH, HOME: folder, SOPS_AGE_KEY: identity };
  try {
    // Zeros that take no place on the disk; to the cipher they are bytes as any others.
    writeFileSync(file("plain.bin"), "");
    truncateSync(file("plain.bin"), mebibytes * mebibyte);
    const sides = { isosops: [process.execPath, ourCommand] };
    if (sops !== undefined && freemem() > sopsFactor * mebibytes * mebibyte) sides.sops = [sops.path];
    const results = [];
    for (const [who, [command, ...first]] of Object.entries(sides)) {
      for (const [operation, flags, input, output] of [
        ["encrypt", ["--age", recipient], "plain.bin", `${who}.enc`],
        ["decrypt", [], `${who}.enc`, `${who}.plain`],
      ]) {
        const types = ["--input-type", "binary", "--output-type", "binary", "--output", file(output)];
        const parameters = [...first, operation, ...flags, ...types, file(input)];
        const { seconds, peakBytes } = await runMeasured(command, parameters, { env, cwd: folder });
        results.push({ who, operation, seconds, peakBytes });
      }
    }
    return results;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const mebibytes = Number(process.argv[2] ?? 2048);
  const results = await longBinaryBench({ mebibytes, sops: findSops()[0] });
  console.table(
    results.map(({ peakBytes, ...rest }) => ({ ...rest, peakMebibytes: Math.round(peakBytes / mebibyte) })),
  );
}
