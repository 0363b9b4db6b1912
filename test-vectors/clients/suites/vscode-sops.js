/**
 * What the extension signageos.signageos-vscode-sops of VS Code calls: its tests need VS Code, and test none of it. The
 * arguments and the editor that it hands to sops are taken from its source, and run as it runs them.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bring } from "../repositories.js";

export const name = "vscode-sops";
export const variants = ["age"];

const files = {
  yaml: ["# comment\npassword: one\n", "# comment\npassword: two\n"],
  json: ['{\n\t"password": "one"\n}\n', '{\n\t"password": "two"\n}\n'],
  dotenv: ["PASSWORD=one\n", "PASSWORD=two\n"],
  ini: ["[a]\npassword = one\n", "[a]\npassword = two\n"],
};

export async function run({ folder, keys, env }) {
  const source = readFileSync(join(bring("signageos/vscode-sops"), "src/extension.ts"), "utf8");
  const [open, save, create] = [...source.matchAll(/\[\s*\.\.\.sopsGeneralArgs,([^\]]*)\]/g)].map(([, list]) =>
    list
      .split(",")
      .map((item) => item.trim())
      .filter((item) => item !== ""),
  );
  const editorText = /FAKE_DECRYPTED_EDITOR_SHELL = `([^`]*)`/.exec(source)?.[1];
  if (create === undefined || editorText === undefined) throw new Error("its source is not as expected");
  const editor = join(folder, "editor");
  writeFileSync(editor, editorText.replaceAll("\\$", "$"), { mode: 0o755 });

  const results = new Map();
  for (const [fileFormat, [before, after]] of Object.entries(files)) {
    const cwd = join(folder, fileFormat);
    mkdirSync(cwd);
    const [plain, encrypted, config] = [join(cwd, "a1b2"), join(cwd, "c3d4"), join(cwd, ".sops.yaml")];
    writeFileSync(config, `creation_rules:\n  - age: ${keys[0].recipient}\n`);
    const call = (args, extra = {}) => {
      const values = { fileFormat, tmpDecryptedFilePath: plain, tmpEncryptedFilePath: encrypted };
      const words = args.flatMap((item) => {
        if (item === "...sopsConfigArgs") return ["--config", config];
        return /^'.*'$/.test(item) ? item.slice(1, -1) : values[item];
      });
      return spawnSync("sops", ["--config", "/dev/null", ...words], {
        cwd,
        env: { ...env, ...extra },
        encoding: "utf8",
      });
    };
    const decrypt = () =>
      execFileSync("sops", ["decrypt", "--input-type", fileFormat, "--output-type", fileFormat, encrypted], {
        cwd,
        env,
        encoding: "utf8",
      });

    writeFileSync(plain, before);
    const made = call(create);
    writeFileSync(encrypted, made.stdout);
    results.set(`${fileFormat}: new`, made.status === 0 && !made.stdout.includes("one") && decrypt() === before);
    results.set(`${fileFormat}: open`, call(open).stdout === before);
    writeFileSync(plain, after);
    call(save, { EDITOR: editor, VSCODE_SOPS_DECRYPTED_FILE_PATH: plain });
    const saved = readFileSync(encrypted, "utf8");
    results.set(`${fileFormat}: save`, !saved.includes("two") && call(open).stdout === after);
  }
  return results;
}
