/** The page that takes a team from nothing to a rotated key, every command of it run as it stands there, in order. */
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { bin, makeFolder, run, sops } from "./support.js";

interface Block {
  /** `console`, or `yaml` and the name of a file. */
  info: string;
  text: string;
}

function blocksOf(page: string): Block[] {
  return [...page.matchAll(/^```(.+)\n((?:.*\n)*?)^```$/gm)].map(([, info, text]) => ({ info: info!, text: text! }));
}

/** Commands, each with what the page shows of its output. */
function commandsOf(text: string): { command: string; shown: string }[] {
  return text
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const [command, ...shown] = part.split("\n");
      return { command: command!, shown: shown.join("\n") };
    });
}

/** `...` stands for any text, alone on its line for any lines. */
function patternOf(shown: string): RegExp {
  const quoted = shown.replace(/[\\^$*+?()[\]{}|.]/g, "\\$&");
  const source = quoted.replace(/^\\\.\\\.\\\.\n/gm, "(?:.*\n)*").replaceAll("\\.\\.\\.", ".*");
  return new RegExp(`^${source}$`);
}

/** Keeps what is applied, in the order in which it is. */
const kubectl = `#!/bin/sh
test "$1" = apply || exit 1
cat > "$HOME/applied-$(ls "$HOME" | grep -c applied-).yaml"
`;

test.skipIf(process.platform === "win32" || sops === undefined)(
  "docs/gitops.md",
  async () => {
    const home = makeFolder();
    const tools = join(home, "bin");
    const cwd = join(home, "repository");
    mkdirSync(tools);
    mkdirSync(join(cwd, ".git"), { recursive: true });
    symlinkSync(bin, join(tools, "isosops"));
    symlinkSync(sops!, join(tools, "sops"));
    writeFileSync(join(tools, "kubectl"), kubectl);
    chmodSync(join(tools, "kubectl"), 0o755);
    const env = {
      HOME: home,
      PATH: [tools, dirname(process.execPath), process.env.PATH].join(delimiter),
      ISOSOPS_PASSPHRASE: "correct horse battery staple",
    };
    const page = readFileSync(new URL("../../../docs/gitops.md", import.meta.url), "utf8");
    let exports = "";
    let commands = 0;
    for (const { info, text } of blocksOf(page)) {
      const [kind, file] = info.split(" ");
      if (kind === "yaml" && file !== undefined) {
        mkdirSync(dirname(join(cwd, file)), { recursive: true });
        writeFileSync(join(cwd, file), text);
      }
      if (kind !== "console") continue;
      for (const { command, shown } of commandsOf(text)) {
        if (command.startsWith("export ")) exports += `${command}\n`;
        const { stdout, stderr, exit } = await run("sh", ["-c", `${exports}${command}`], { cwd, env });
        expect({ command, exit: exit === 0 }).toEqual({ command, exit: !shown.startsWith("error: ") });
        expect(`${stdout}${stderr}`, command).toMatch(patternOf(shown));
        commands++;
      }
    }
    expect(commands).toBeGreaterThan(20);

    const keys = [0, 1, 2].map((number) => {
      const applied = parseAllDocuments(readFileSync(join(home, `applied-${number}.yaml`), "utf8"));
      const { stringData } = applied[0]!.toJS() as { stringData: Record<string, string> };
      return stringData["age.agekey"]!.match(/^AGE-SECRET-KEY-.*$/gm)!;
    });
    expect(keys.map(({ length }) => length)).toEqual([1, 2, 1]);
    expect(keys[1]!.toSorted()).toEqual([...keys[0]!, ...keys[2]!].toSorted());
    const opens = async (key: string) => {
      const flags = ["--disable-version-check", "decrypt", "values/grafana.yaml"];
      return (await run(sops!, flags, { cwd, env: { SOPS_AGE_KEY: key } })).exit === 0;
    };
    expect([await opens(keys[0]![0]!), await opens(keys[2]![0]!)]).toEqual([false, true]);
  },
  180_000,
);
