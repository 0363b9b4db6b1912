/** `isosops cluster argocd` and `isosops cluster flux`: the key goes into a pipe or into an encrypted file, and nowhere else. */
import { existsSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { bin, first, isosops, makeFolder, noSops, run, sops, stranger, tools } from "./support.js";

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
  test("gives a pipe the key that opens what the cluster deploys, and both keys during a rotation", async ({
    skip,
  }) => {
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
    skip(sops === undefined, noSops);
  });

  test("writes a file in which the key alone is encrypted, for the organisation", async ({ skip }) => {
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
    skip(sops === undefined, noSops);
  });

  test.skipIf(process.platform === "win32")("does not let the key go into a file as it is", async () => {
    const { cwd, env } = await makeCluster();
    const command = `"$0" "$1" cluster argocd > argocd.yaml`;
    const { exit, stderr } = await run("sh", ["-c", command, process.execPath, bin], { cwd, env });
    expect(exit).toBe(1);
    expect(stderr).toContain("--output");
    expect(readFileSync(join(cwd, "argocd.yaml"), "utf8")).toBe("");
  });

  // The command that a refusal prints is run as it stands there, with a kubectl that shows what it is given.
  test.skipIf(process.platform === "win32").each([
    ["argocd -f ../repository/cluster.yaml --only key --namespace gitops", "gitops/ankra-sops-age-key"],
    [
      "argocd -f ../repository/cluster.yaml --only key --rendered ../repository/rendered.yaml",
      "team/ankra-sops-age-key",
    ],
    ["argocd -f ../repository/cluster.yaml --rendered ../repository/rendered.yaml --image a:1 --multi-source", "team/"],
    ["flux -f ../repository/cluster.yaml --namespace apps", "apps/sops-age"],
  ])("refuses to show the key, and repeats all flags: cluster %s", async (args, expected) => {
    const { cwd, env } = await makeCluster();
    const folder = makeFolder();
    const repository = join(folder, "repository");
    const [elsewhere, programs] = [join(folder, "elsewhere"), join(folder, "programs")];
    for (const path of [elsewhere, programs]) mkdirSync(path);
    symlinkSync(cwd, repository);
    writeFileSync(join(cwd, "rendered.yaml"), rendered("mine", "").replaceAll("namespace: gitops", "namespace: team"));
    writeFileSync(join(programs, "isosops"), `#!/bin/sh\nexec "${process.execPath}" "${bin}" "$@"\n`, { mode: 0o755 });
    writeFileSync(join(programs, "kubectl"), "#!/bin/sh\ncat\n", { mode: 0o755 });
    const options = { cwd: elsewhere, env: { ...env, PATH: `${programs}${delimiter}${process.env.PATH}` } };
    const direct = await run("sh", ["-c", `isosops cluster ${args} | cat`], options);
    expect(direct.exit).toBe(0);
    const refused = await run("sh", ["-c", `isosops cluster ${args} > key.yaml`], options);
    expect(refused.exit).toBe(1);
    const [, remedy] = /Pipe it: `([^`]*)`/.exec(refused.stderr)!;
    const { exit, stdout } = await run("sh", ["-c", remedy!], options);
    expect({ exit, stdout }).toEqual({ exit: 0, stdout: direct.stdout });
    const [{ metadata }] = documentsOf(stdout);
    expect(`${metadata.namespace}/${metadata.name}`).toContain(expected);
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

  test("gives the key alone, or the settings alone, which need no keyring and may go into files", async () => {
    const { cwd, command } = await makeCluster();
    const all = documentsOf((await command("cluster", "argocd")).stdout);
    const key = await command("cluster", "argocd", "--only", "key", "--namespace", "gitops");
    expect(documentsOf(key.stdout)).toEqual([{ ...all[0], metadata: { ...all[0].metadata, namespace: "gitops" } }]);

    const env = { ISOSOPS_HOME: join(cwd, "nothing") };
    const settings = await isosops(["cluster", "argocd", "--only", "settings"], { cwd, env });
    expect(settings).toMatchObject({ exit: 0, stderr: "" });
    expect(documentsOf(settings.stdout)).toEqual(all.slice(1));
    const values = await isosops(["cluster", "argocd", "--only", "values", "-o", "values.yaml"], { cwd, env });
    expect(values).toMatchObject({ exit: 0, stdout: "", stderr: "" });
    expect(existsSync(env.ISOSOPS_HOME)).toBe(false);
    const [written] = documentsOf(readFileSync(join(cwd, "values.yaml"), "utf8"));
    expect(written.repoServer.env).toEqual(all[2].spec.template.spec.containers[0].env);
    expect(written.extraObjects[0].data).toEqual(all[1].data);

    const several = await isosops(["cluster", "argocd", "--only", "values", "--multi-source"], { cwd, env });
    expect(several.stdout).toContain("mountPath: /usr/local/sbin/helm");
    const image = "registry.example/argocd:v3.5.1@sha256:00";
    const mirrored = await isosops(["cluster", "argocd", "--only", "settings", "--image", image], { cwd, env });
    expect(documentsOf(mirrored.stdout)[1].spec.template.spec.containers[1].image).toBe(image);
  });

  const rendered = (release: string, labels: string) => `apiVersion: v1
kind: List
items:
- apiVersion: apps/v1
  kind: Deployment
  metadata: {name: ${release}-server, namespace: gitops}
  spec: {template: {spec: {containers: [{name: server, image: a:1, args: [/usr/local/bin/argocd-server]}]}}}
- apiVersion: apps/v1
  kind: Deployment
  metadata: {name: ${release}-repo-server, namespace: gitops, labels: {${labels}}}
  spec:
    template:
      spec:
        containers:
        - {name: istio-proxy, image: b:1}
        - {name: repo-server, image: "quay.io/argoproj/argocd:v3.4.4", args: [/usr/local/bin/argocd-repo-server]}
`;

  test("takes names from what the cluster has", async () => {
    const { cwd, env, command } = await makeCluster();
    writeFileSync(join(cwd, "rendered.yaml"), rendered("mine", ""));
    const named = await command("cluster", "argocd", "--rendered", "rendered.yaml");
    const piped = await isosops(["cluster", "argocd", "--rendered", "-"], { cwd, env, stdin: rendered("mine", "") });
    expect(piped).toEqual(named);
    const documents = documentsOf(named.stdout);
    expect(documents.map(({ kind, metadata }) => `${kind} ${metadata.namespace}/${metadata.name}`)).toEqual([
      "Secret gitops/ankra-sops-age-key",
      "ConfigMap gitops/isosops-plugin",
      "Deployment gitops/mine-repo-server",
      "ConfigMap gitops/argocd-cm",
    ]);
    const [container, sidecar] = documents[2].spec.template.spec.containers;
    expect([container.name, sidecar.image]).toEqual(["repo-server", "quay.io/argoproj/argocd:v3.4.4"]);
  });

  test("leaves what Helm has installed to Helm", async () => {
    const { cwd, command } = await makeCluster();
    writeFileSync(join(cwd, "rendered.yaml"), rendered("mine", "app.kubernetes.io/managed-by: Helm"));
    const refused = await command("cluster", "argocd", "--rendered", "rendered.yaml");
    expect(refused).toMatchObject({ exit: 1, stdout: "" });
    expect(refused.stderr).toContain("isosops cluster argocd --only values -o argocd-values.yaml");
    expect(refused.stderr).toContain("`isosops cluster argocd --only key --namespace gitops`");
    renameSync(join(cwd, "cluster.yaml"), join(cwd, "a b.yaml"));
    const flags = ["-f", "a b.yaml", "--image", "a:1", "--multi-source", "--rendered", "rendered.yaml"];
    const { stderr } = await command("cluster", "argocd", ...flags);
    expect(stderr).toContain("--only values --image a:1 --multi-source -f 'a b.yaml' -o argocd-values.yaml");
    expect(stderr).toContain("--only key --namespace gitops -f 'a b.yaml'`");
    renameSync(join(cwd, "a b.yaml"), join(cwd, "cluster.yaml"));
    const settings = await command("cluster", "argocd", "--rendered", "rendered.yaml", "--only", "settings");
    expect(settings).toMatchObject({
      exit: 0,
      stderr: expect.stringContaining("warning: Helm installed mine-repo-server"),
    });
    const key = await command("cluster", "argocd", "--rendered", "rendered.yaml", "--only", "key");
    expect(documentsOf(key.stdout)[0].metadata.namespace).toBe("gitops");
  });

  test("says what does not fit together", async () => {
    const { cwd, command } = await makeCluster();
    writeFileSync(join(cwd, "other.yaml"), "kind: Deployment\nmetadata: {name: repo-server}\n");
    const expected: [string[], number, string][] = [
      [["--rendered", "other.yaml"], 1, "other.yaml: there is no Deployment of Argo CD's repo-server in it."],
      [["--rendered", "no.yaml"], 2, "no.yaml: the file cannot be read"],
      [["--only", "key", "--multi-source"], 8, "--multi-source and --only key are mutually exclusive"],
      [["--only", "values", "--namespace", "gitops"], 8, "--namespace and --only values are mutually exclusive"],
      [["--only", "chart"], 1, "--only"],
      [["--namespace", "Argo CD"], 1, "--namespace Argo CD: a namespace has lower-case letters"],
    ];
    for (const [flags, exit, words] of expected) {
      const outcome = await command("cluster", "argocd", ...flags);
      expect({ flags, ...outcome }).toMatchObject({ flags, exit, stdout: "", stderr: expect.stringContaining(words) });
    }
  });
});

describe.concurrent("isosops cluster flux", () => {
  test("gives a pipe the key that opens what the cluster deploys", async ({ skip }) => {
    const { cwd, command } = await makeCluster();
    expect(await command("cluster", "encrypt", "addon", "grafana", "--key", "adminPassword")).toMatchObject({
      exit: 0,
    });
    expect(await command("org", "rotate")).toMatchObject({ exit: 0 });
    const { exit, stdout, stderr } = await command("cluster", "flux");
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: "" });
    const [secret, ...others] = documentsOf(stdout);
    expect(others).toEqual([]);
    // kustomize-controller takes the keys of names that end with .agekey.
    expect(secret).toMatchObject({ kind: "Secret", metadata: { name: "sops-age", namespace: "flux-system" } });
    const key: string = secret.stringData["age.agekey"];
    expect(key.match(/^AGE-SECRET-KEY-1/gm)).toHaveLength(2);
    for (const sops of tools.findSops()) {
      const flags = ["--disable-version-check", "--decrypt", "values/grafana.yaml"];
      expect(await run(sops.path, flags, { cwd, env: { SOPS_AGE_KEY: key } })).toMatchObject({ exit: 0 });
    }
    skip(sops === undefined, noSops);
  });

  test("writes a file in which the key is encrypted, for any namespace", async () => {
    const { cwd, command } = await makeCluster();
    expect(await command("cluster", "flux", "--namespace", "apps", "-o", "flux.enc.yaml")).toMatchObject({ exit: 0 });
    const text = readFileSync(join(cwd, "flux.enc.yaml"), "utf8");
    const [secret] = documentsOf(text);
    expect(secret.metadata).toEqual({ name: "sops-age", namespace: "apps" });
    expect(secret.stringData["age.agekey"]).toMatch(/^ENC\[/);
    expect(text).not.toContain("AGE-SECRET-KEY");
  });

  test("gives a cluster that does not decrypt no key", async () => {
    const { cwd, command } = await makeCluster("sops:\n    decryption: false\n  ");
    const refused = await command("cluster", "flux", "-o", "flux.enc.yaml");
    expect(refused).toMatchObject({ exit: 1, stdout: "" });
    expect(refused.stderr).toContain("kubectl -n flux-system delete secret sops-age");
    for (const name of ["flux", "argocd"]) {
      const { stderr } = await command("cluster", name, "--namespace", "apps", "-o", "flux.enc.yaml");
      expect(stderr).toContain("kubectl -n apps delete secret ");
    }
    expect(existsSync(join(cwd, "flux.enc.yaml"))).toBe(false);
  });
});
