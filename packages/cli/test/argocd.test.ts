/** `isosops cluster argocd`: the key goes into a pipe or into an encrypted file, and nowhere else. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { bin, first, isosops, makeFolder, run, stranger, tools } from "./support.js";

async function makeCluster(spec = "sops:\n    decryption: true\n  ") {
  const cwd = makeFolder();
  const env = { ISOSOPS_HOME: join(cwd, "home"), SOPS_AGE_KEY: first.identity };
  const files = {
    "cluster.yaml": `kind: ImportCluster
spec:
  ${spec}stacks:
  - name: web
    addons:
    - name: grafana
      configuration:
        from_file: values/grafana.yaml
`,
    "values/grafana.yaml": "adminUser: admin\nadminPassword: plain-secret-1\n",
  };
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(cwd, name)), { recursive: true });
    writeFileSync(join(cwd, name), content);
  }
  const command = async (...args: string[]) => {
    const outcome = await isosops(args, { cwd, env });
    expect(outcome.stderr).not.toContain("AGE-SECRET-KEY");
    return outcome;
  };
  expect(await command("org", "init", "--recipient", first.recipient)).toMatchObject({ exit: 0 });
  return { cwd, env, command };
}

const documentsOf = (text: string) => parseAllDocuments(text).map((document) => document.toJS());

describe.concurrent("isosops cluster argocd", () => {
  test("gives a pipe the key that opens what the cluster deploys, and both keys during a rotation", async () => {
    const { cwd, command } = await makeCluster();
    expect(await command("cluster", "encrypt", "addon", "grafana", "--key", "adminPassword")).toMatchObject({
      exit: 0,
    });
    for (const keys of [1, 2]) {
      const { exit, stdout, stderr } = await command("cluster", "argocd");
      expect({ exit, stderr }).toEqual({ exit: 0, stderr: "" });
      const documents = documentsOf(stdout);
      expect(documents.map(({ kind, metadata }) => `${kind} ${metadata.namespace}/${metadata.name}`)).toEqual([
        "Secret argocd/ankra-sops-age-key",
        "ConfigMap argocd/isosops-plugin",
        "Deployment argocd/argocd-repo-server",
        "ConfigMap argocd/argocd-cm",
      ]);
      const key: string = documents[0].stringData["age.agekey"];
      expect(key.match(/^AGE-SECRET-KEY-1/gm)).toHaveLength(keys);
      for (const sops of tools.findSops()) {
        const flags = ["--disable-version-check", "--decrypt", "values/grafana.yaml"];
        const decrypted = await run(sops.path, flags, { cwd, env: { SOPS_AGE_KEY: key } });
        expect(decrypted).toMatchObject({ exit: 0, stdout: "adminUser: admin\nadminPassword: plain-secret-1\n" });
      }
      if (keys === 1) expect(await command("org", "rotate")).toMatchObject({ exit: 0 });
    }
  });

  test("writes a file in which the key alone is encrypted, for the organisation", async () => {
    const { cwd, command } = await makeCluster();
    const piped = await command("cluster", "argocd");
    expect(await command("cluster", "argocd", "-o", "argocd.enc.yaml")).toMatchObject({
      exit: 0,
      stdout: "",
      stderr: "",
    });
    const text = readFileSync(join(cwd, "argocd.enc.yaml"), "utf8");
    expect(text).not.toContain("AGE-SECRET-KEY");
    expect(text.split("\n").filter((line) => /ENC\[/.test(line) && !line.includes(" mac: "))).toHaveLength(1);
    const { stdout: key } = await command("org", "export");
    for (const sops of tools.findSops()) {
      const flags = ["--disable-version-check", "--decrypt", "argocd.enc.yaml"];
      const { exit, stdout } = await run(sops.path, flags, { cwd, env: { SOPS_AGE_KEY: key } });
      expect(exit).toBe(0);
      expect(documentsOf(stdout)).toEqual(documentsOf(piped.stdout));
    }
  });

  test.skipIf(process.platform === "win32")("does not let the key go into a file as it is", async () => {
    const { cwd, env } = await makeCluster();
    const command = `"$0" "$1" cluster argocd > argocd.yaml`;
    const { exit, stderr } = await run("sh", ["-c", command, process.execPath, bin], { cwd, env });
    expect(exit).toBe(1);
    expect(stderr).toContain("--output");
    expect(readFileSync(join(cwd, "argocd.yaml"), "utf8")).toBe("");
  });

  test("gives a cluster that does not decrypt no key", async () => {
    const disabled = await makeCluster("sops:\n    decryption: false\n  ");
    const refused = await disabled.command("cluster", "argocd", "-o", "argocd.enc.yaml");
    expect(refused).toMatchObject({ exit: 1, stdout: "" });
    expect(refused.stderr).toContain("isosops cluster decryption enable");
    expect(existsSync(join(disabled.cwd, "argocd.enc.yaml"))).toBe(false);

    const silent = await makeCluster("");
    const warned = await silent.command("cluster", "argocd");
    expect(warned.exit).toBe(0);
    expect(warned.stderr).toContain("isosops cluster decryption enable");
  });

  test("says what is wrong with the cluster file or the keyring's key", async () => {
    const { cwd, env, command } = await makeCluster();
    expect((await command("cluster", "argocd", "-f", "other.yaml")).stderr).toContain(
      "other.yaml: there is no such file",
    );
    const locked = await isosops(["cluster", "argocd"], { cwd, env: { ...env, SOPS_AGE_KEY: stranger.identity } });
    expect(locked.stdout).toBe("");
    expect(locked.stderr).toContain("opens the keyring's private key");
  });
});
