import {
  driverSettings,
  findHook,
  planAttributes,
  readSettings,
  uncovered,
  usesFilter,
} from "@isosops/git/internal/install/setup";
import { relativeToHere } from "@isosops/node/internal/file-system/paths";
import { exitCodes } from "../../../program/exit-codes.js";
import { colorsFor } from "../../../terminal/colors.js";
import { printable } from "../../../terminal/printable.js";
import { writeStdout } from "../../../terminal/stdout.js";
import { topFolder, withGit } from "../repository.js";

/** `isosops git status`. */
export async function statusCommand(): Promise<void> {
  const top = topFolder();
  const lines: { isRight: boolean; text: string }[] = [];
  const add = (isRight: boolean, text: string): void => void lines.push({ isRight, text });
  await withGit(async () => {
    const plans = await planAttributes(top, [], undefined);
    const filters = plans.some(({ after }) => usesFilter(after));
    const settings = await readSettings(top);
    const missing = [...driverSettings("", filters).keys()].filter((name) => !settings.has(name));
    add(
      missing.length === 0,
      missing.length === 0 ? "The drivers are there." : "Drivers are missing: `isosops git install`.",
    );
    if (/^(?:true|yes|on|1|)$/i.test(settings.get("diff.isosops.cachetextconv") ?? "false")) {
      add(
        false,
        "diff.isosops.cachetextconv is set: Git keeps plain text in the repository. `isosops git install` unsets it; then remove what is there: `git update-ref -d refs/notes/textconv/isosops`.",
      );
    }
    for (const { path, before, after } of plans) {
      const isRight = before === after;
      if (before === "" && isRight) continue;
      add(
        isRight,
        `${relativeToHere(path)}: ${isRight ? "as .sops.yaml says." : "not as .sops.yaml says: `isosops git install`."}`,
      );
    }
    const hook = await findHook(top);
    const isThere = hook.state === "ours" || hook.state === "changed";
    add(isThere, isThere ? "The hook is there." : "The hook is missing: `isosops git install`.");
    for (const name of await uncovered(top)) {
      add(false, `${name}: encrypted, and no driver is for it: \`isosops git install --pattern PATTERN\`.`);
    }
  });
  const colors = colorsFor(process.stdout);
  const mark = (isRight: boolean): string => (isRight ? colors.green("ok     ") : colors.red("missing"));
  await writeStdout(lines.map(({ isRight, text }) => `${mark(isRight)}  ${printable(text)}\n`).join(""));
  if (lines.some(({ isRight }) => !isRight)) process.exitCode = exitCodes.findings;
}
