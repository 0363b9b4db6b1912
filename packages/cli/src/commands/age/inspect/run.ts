import { inspect } from "@isosops/age";
import { stat } from "@isosops/node/internal/file-system/promises";
import { writeStdout } from "../../../terminal/stdout.js";
import { withName } from "../failure.js";
import { readPieces } from "../streams.js";
import type { AgeInspectOptions } from "./flags.js";
import { toJson, toText } from "./report.js";

/** `isosops age inspect`. */
export async function ageInspect(input: string | undefined, { json }: AgeInspectOptions): Promise<void> {
  const size = input === undefined ? undefined : await sizeOf(input);
  const info = await withName(input ?? "stdin", () => inspect(readPieces(input), { size }));
  await writeStdout(json === true ? toJson(info) : toText(input ?? "<stdin>", info));
}

async function sizeOf(path: string): Promise<number | undefined> {
  const stats = await stat(path).catch(() => undefined);
  return stats?.isFile() ? stats.size : undefined;
}
