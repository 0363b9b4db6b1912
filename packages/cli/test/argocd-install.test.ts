/**
 * The script that fetches sops and helm-secrets at the start of Argo CD's repo-server, and what it leaves there, which helm is then
 * run with. In place of `wget` stands one that has the files at hand.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { argocdSettings } from "../../gitops/dist/index.js";
import { first, isosops, keyPath, makeFolder, run, skippedWithoutSops, sops } from "./support.js";

// Through a variable, because these scripts have no types.
const helmScript = new URL("../../../test-vectors/helm.js", import.meta.url).href;
const { findHelms, findHelmSecrets } = (await import(helmScript)) as {
  findHelms(): string[];
  findHelmSecrets(): string | undefined;
};
const canRun = process.platform === "linux" && ["x64", "arm64"].includes(process.arch) && sops !== undefined;
const plugins = canRun ? findHelmSecrets() : undefined;
if (plugins === undefined) {
  console.log(
    "The init container's script is run to its end nowhere: it needs Linux, sops and helm-secrets (run test-vectors/install.js, or set HELM_SECRETS_PLUGINS).",
  );
}

const settingsOf = async (multiSource: boolean) =>
  parseAllDocuments(await argocdSettings({ multiSource })).map((document) => document.toJS());
const documents = await settingsOf(false);
const script: string = documents[0].data["install.sh"];

/** As `sha256sum` has it. */
const sha256 = (content: Buffer) => createHash("sha256").update(content).digest("hex");

/** Runs the script with an archive of helm-secrets, on a folder that stands for `/sops-tools`. */
async function install(folder: string, text: string, change?: (plugin: string) => void) {
  const files = makeFolder();
  copyFileSync(sops!, join(files, "sops"));
  if (plugins !== undefined) {
    mkdirSync(join(files, "helm-secrets"));
    // The repository has more than the release.
    const parts = ["plugin.yaml", "scripts"].map((part) => join(plugins, "helm-secrets", part));
    const copy = await run("cp", ["-R", ...parts, "helm-secrets"], { cwd: files });
    expect(copy).toMatchObject({ exit: 0 });
    change?.(join(files, "helm-secrets"));
    const archive = await run("tar", ["-czf", "helm-secrets.tar.gz", "helm-secrets"], { cwd: files });
    expect(archive).toMatchObject({ exit: 0 });
  }
  writeFileSync(
    join(files, "wget"),
    `#!/bin/sh
[ "$1" = -qO ] || exit 1
case $3 in
  https://github.com/getsops/sops/releases/download/v3.13.3/sops-v3.13.3.linux.*) cp ${files}/sops "$2" ;;
  https://github.com/jkroepke/helm-secrets/releases/download/v4.7.7/helm-secrets.tar.gz) cp ${files}/helm-secrets.tar.gz "$2" ;;
  *) exit 1 ;;
esac
`,
  );
  chmodSync(join(files, "wget"), 0o755);
  writeFileSync(join(files, "install.sh"), text.replaceAll("/sops-tools", folder));
  const env = { PATH: `${files}:${process.env.PATH}` };
  return run("sh", [join(files, "install.sh")], { cwd: folder, env });
}

/** helm-secrets may be from its repository, where its release cannot be fetched. */
const isRelease = plugins !== undefined && !existsSync(join(plugins, "helm-secrets", ".git"));
const pluginSum =
  plugins === undefined || isRelease
    ? undefined
    : execFileSync(
        "sh",
        ["-c", "find plugin.yaml scripts -type f ! -name run.cmd | sort | xargs sha256sum | sha256sum"],
        {
          cwd: join(plugins, "helm-secrets"),
          encoding: "utf8",
        },
      ).slice(0, 64);
if (pluginSum !== undefined)
  console.log("The checksum of helm-secrets is not tested: its release cannot be fetched here.");

/** sops here was built here, and not by those who release it. */
const forThisSops = () => {
  const text = script.replaceAll(/\b(e5bec334|53b0abac)[0-9a-f]{56}\b/g, sha256(readFileSync(sops!)));
  return pluginSum === undefined ? text : text.replaceAll(/\b9fd12670[0-9a-f]{56}\b/g, pluginSum);
};

describe.skipIf(!canRun)(`the init container${skippedWithoutSops}`, () => {
  test("keeps nothing where the checksum of sops is another one", async () => {
    const folder = makeFolder();
    const { exit, stderr } = await install(folder, script);
    expect(exit).toBe(1);
    expect(stderr).toMatch(/^sops 3\.13\.3 for (amd64|arm64) has another checksum than it should have\.$/m);
    expect(readdirSync(folder).filter((name) => name !== "download")).toEqual([]);
  });

  test.skipIf(plugins === undefined)("keeps nothing where helm-secrets is another one", async () => {
    const changes: ((plugin: string) => void)[] = [
      (plugin) => writeFileSync(join(plugin, "scripts/run.sh"), "#!/bin/sh\necho changed\n"),
      (plugin) => writeFileSync(join(plugin, "scripts/lib/backends/more.sh"), "echo more\n"),
      (plugin) => writeFileSync(join(plugin, "plugin.yaml"), "name: secrets\n"),
    ];
    for (const change of changes) {
      const folder = makeFolder();
      const { exit, stderr } = await install(folder, forThisSops(), change);
      expect({ exit, stderr }).toEqual({
        exit: 1,
        stderr: "helm-secrets 4.7.7 has another checksum than it should have.\n",
      });
      expect(readdirSync(folder)).toEqual(["download"]);
    }
  });

  describe.skipIf(plugins === undefined).each(findHelms())("lets %s decrypt", (helm) => {
    async function makeRepository() {
      const tools = makeFolder();
      // Twice, as when the container starts again.
      for (let at = 0; at < 2; at++) expect(await install(tools, forThisSops())).toMatchObject({ exit: 0, stderr: "" });
      expect(readdirSync(tools).sort()).toEqual(["helm", "helm-plugins", "sops"]);
      const cwd = makeFolder({ "values.yaml": "password: plain-secret-1\n" });
      const files = {
        "chart/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 0.1.0\n",
        "chart/templates/a.yaml": "apiVersion: v1\nkind: Secret\nstringData: {{ .Values | toYaml | nindent 2 }}\n",
      };
      for (const [name, content] of Object.entries(files)) {
        mkdirSync(dirname(join(cwd, name)), { recursive: true });
        writeFileSync(join(cwd, name), content);
      }
      const encrypt = ["encrypt", "--age", first.recipient, "-i", "values.yaml"];
      expect(await isosops(encrypt, { cwd })).toMatchObject({ exit: 0 });
      return { tools, cwd };
    }

    async function environmentOf(multiSource: boolean, tools: string): Promise<Record<string, string>> {
      const [, deployment] = await settingsOf(multiSource);
      const { env } = deployment.spec.template.spec.containers[0];
      const given = env.map(({ name, value }: { name: string; value: string }) => [
        name,
        value.replace("/sops-tools", tools),
      ]);
      return { ...Object.fromEntries(given), HELM_SECRETS_HELM_PATH: helm, SOPS_AGE_KEY_FILE: keyPath("first") };
    }

    test("secrets://", async () => {
      const { tools, cwd } = await makeRepository();
      const env = await environmentOf(false, tools);
      for (const program of [helm, join(tools, "helm")]) {
        const flags = ["template", "shop", "chart", "--values", "secrets://values.yaml"];
        const { exit, stdout, stderr } = await run(program, flags, { cwd, env });
        expect({ exit, stderr }).toEqual({ exit: 0, stderr: "" });
        expect(stdout).toContain("password: plain-secret-1");
      }
    });

    test("the absolute paths of several sources, by the wrapper", async () => {
      const { tools, cwd } = await makeRepository();
      const env = { ...(await environmentOf(true, tools)), ARGOCD_APP_NAME: "shop" };
      const flags = ["template", "chart", "--name-template", "shop", "--values", join(cwd, "values.yaml")];
      const { exit, stdout, stderr } = await run(join(tools, "helm"), flags, { cwd, env });
      expect({ exit, stderr }).toEqual({ exit: 0, stderr: "" });
      expect(stdout).toContain("password: plain-secret-1");
      expect(existsSync(join(cwd, "values.yaml.dec"))).toBe(false);
      const version = await run(join(tools, "helm"), ["version", "--short"], { cwd, env });
      expect(version).toMatchObject({ exit: 0, stdout: expect.stringMatching(/^v[34]\./) });
    });
  });
});

test("Applications of several sources get no secrets://, whose paths nobody checks", async () => {
  const [, , configMap] = await settingsOf(true);
  expect(configMap.data["helm.valuesFileSchemes"]).toBe("https, http");
});
