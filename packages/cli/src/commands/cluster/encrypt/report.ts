import { type ClusterEncrypted, type ItemEncrypted, shellWord } from "@isosops/gitops";
import { warn } from "../../../terminal/messages.js";
import { printable } from "../../../terminal/printable.js";
import { showPath } from "../../../terminal/show-path.js";
import { showPaths } from "../../../terminal/show-paths.js";
import { writeStdout } from "../../../terminal/stdout.js";

export async function reportEncrypted(
  { items, written, enabled }: ClusterEncrypted,
  path: string,
  { dryRun = false }: { dryRun?: boolean },
): Promise<void> {
  for (const item of items) for (const notice of item.notices) warn(`${nameOf(item)}: ${notice}`);
  if (!enabled) {
    warn(
      showPaths(
        `The organisation is disabled, so nothing was encrypted: what is marked stays in plain text. \`isosops org enable\`, then \`isosops cluster encrypt stack -f ${shellWord(path)}\`.`,
        [path],
      ),
    );
  }
  const lines = items.flatMap((item) => describe(item, path, enabled));
  if (written.length === 0) lines.push(items.length === 0 ? "Nothing is marked for encryption." : "Nothing to do.");
  else if (dryRun) lines.push(`Nothing was written: ${written.map(showPath).join(" and ")} would be.`);
  await writeStdout(lines.map((line) => `${printable(line)}\n`).join(""));
}

function describe(item: ItemEncrypted, path: string, enabled: boolean): string[] {
  const { keys, marked, changed } = item;
  const lines: string[] = [];
  if (changed) {
    const done = enabled && keys.length > 0 ? `encrypted: ${keys.join(", ")}` : "values were set";
    lines.push(`${showPath(item.path)}: ${nameOf(item)}: ${done}`);
  }
  if (marked.length > 0) lines.push(`${showPath(path)}: ${nameOf(item)}: marked: ${marked.join(", ")}`);
  return lines;
}

function nameOf({ item: { kind, name, stack } }: ItemEncrypted): string {
  return `${kind} ${stack}/${name}`;
}
