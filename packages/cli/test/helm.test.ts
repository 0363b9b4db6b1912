/** `helm template` with helm-secrets over encrypted values files, as Argo CD's repo-server does it: with the settings we write. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { argocdKey, argocdSettings } from "../../gitops/dist/index.js";
import { encrypt } from "../../isosops/dist/index.js";
import { bin, first, isosops, makeFolder, run, second, tools } from "./support.js";

// Through a variable, because these scripts have no types.
const helmScript = new URL("../../../test-vectors/helm.js", import.meta.url).href;
const { findHelms, findHelmSecrets } = (await import(helmScript)) as {
  findHelms(): string[];
  findHelmSecrets(): string | undefined;
};
const plugins = process.platform === "win32" ? undefined : findHelmSecrets();
const helms = plugins === undefined ? [] : findHelms();
if (helms.length === 0) {
  console.log(
    "`helm template` is skipped: no helm with helm-secrets (run test-vectors/install.js, or set HELM_BIN and HELM_SECRETS_PLUGINS).",
  );
}

/** What the repo-server's container is told. */
const settings = parseAllDocuments(await argocdSettings()).map((document) => document.toJS());
const [, deployment, configMap] = settings;
const container = deployment.spec.template.spec.containers[0];
const environment = new Map<string, string>(
  container.env.map(({ name, value }: { name: string; value: string }) => [name, value]),
);

const values = `# of the web shop
auth:
  username: shop
  password: "plain-secret-1"   # changed in May
tls:
  key: |
    -----BEGIN KEY-----
    plain-secret-2
    -----END KEY-----
replicas: 3
ports: [80, 443]
`;

const chart: Record<string, string> = {
  "chart/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 0.1.0\n",
  "chart/values.yaml": "auth: {}\ntls: {}\nports: []\nreplicas: 1\n",
  "chart/templates/secret.yaml": `apiVersion: v1
kind: Secret
metadata:
  name: {{ .Release.Name }}
stringData:
  username: {{ .Values.auth.username | quote }}
  password: {{ .Values.auth.password | quote }}
  tls.key: {{ .Values.tls.key | quote }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}
data:
  all: {{ .Values | toYaml | quote }}
`,
};

function makeChart(files: Record<string, string>): string {
  const folder = makeFolder();
  for (const [name, content] of Object.entries({ ...chart, ...files })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

describe.each(helms)("template of %s", (helm) => {
  const backends = [...tools.findSops(), { version: "isosops", path: bin }];

  function template(cwd: string, valuesFile: string, backend: string) {
    const env = {
      ...Object.fromEntries(environment),
      HELM_PLUGINS: plugins!,
      HELM_SECRETS_HELM_PATH: helm,
      HELM_SECRETS_SOPS_PATH: backend,
      SOPS_AGE_KEY_FILE: join(cwd, "age.agekey"),
    };
    return run(helm, ["template", "shop", "chart", "-f", valuesFile], { cwd, env });
  }

  test.each(backends)("gives the same with $version as from plain values", async ({ path }) => {
    const secret = parse(await argocdKey([second.identity, first.identity]));
    const cwd = makeChart({ "values.yaml": values, "age.agekey": secret.stringData["age.agekey"] });
    const plain = await template(cwd, "values.yaml", path);
    expect(plain).toMatchObject({ exit: 0, stderr: "" });
    expect(plain.stdout).toContain("plain-secret-1");

    const selected = ["encrypt", "--age", first.recipient, "--select", "auth.password", "--select", "tls.key"];
    const ours = await isosops([...selected, "values.yaml"], { cwd });
    expect(ours).toMatchObject({ exit: 0 });
    writeFileSync(join(cwd, "ours.yaml"), ours.stdout);
    for (const [index, sops] of tools.findSops().entries()) {
      const flags = tools.encryptFlags({ encryptedRegex: "^(auth|tls)$" }, [second.recipient]);
      const theirs = await run(sops.path, [...flags, "values.yaml"], { cwd });
      expect(theirs).toMatchObject({ exit: 0 });
      writeFileSync(join(cwd, `theirs-${index}.yaml`), theirs.stdout);
    }
    for (const name of ["ours.yaml", ...tools.findSops().map((_, index) => `theirs-${index}.yaml`)]) {
      const encrypted = await template(cwd, `secrets://${name}`, path);
      expect({ name, ...encrypted }).toEqual({ name, ...plain });
    }
  });

  test("runs nothing that a repository has", async () => {
    const cwd = makeChart({ "values.yaml": values, "age.agekey": "", "backend.sh": "touch ran\n" });
    for (const { path } of backends) {
      const outcome = await template(cwd, "secrets://./backend.sh!values.yaml", path);
      expect(outcome).toMatchObject({ exit: 1, stdout: "" });
    }
    expect(existsSync(join(cwd, "ran"))).toBe(false);
  });

  test.each([
    ["an absolute path", "/age.agekey"],
    ["a way out of the folder", "../age.agekey"],
  ])("reads no file by %s", async (_, path) => {
    const cwd = makeChart({ "age.agekey": "" });
    const outcome = await template(cwd, `secrets://${path}`, bin);
    expect(outcome).toMatchObject({ exit: 1, stdout: "" });
    expect(outcome.stderr).toContain("not allowed");
  });

  test("fails where the key is another one", async () => {
    const secret = parse(await argocdKey([second.identity]));
    const { text } = await encrypt(values, {
      format: "yaml",
      recipients: [first.recipient],
      select: ["auth.password"],
    });
    const cwd = makeChart({ "values.yaml": text, "age.agekey": secret.stringData["age.agekey"] });
    for (const { path } of backends) {
      const { exit, stdout } = await template(cwd, "secrets://values.yaml", path);
      expect(exit).toBe(1);
      expect(stdout).toBe("");
    }
  });
});

test("the repo-server finds the key where the Secret is mounted", async () => {
  const secret = parse(await argocdKey([first.identity]));
  expect(secret).toEqual({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "ankra-sops-age-key", namespace: "argocd" },
    type: "Opaque",
    stringData: { "age.agekey": `# public key: ${first.recipient}\n${first.identity}\n` },
  });
  const pod = deployment.spec.template.spec;
  const mounted = pod.volumes.find(({ secret: of }: { secret?: object }) => of !== undefined);
  expect(mounted.secret.secretName).toBe(secret.metadata.name);
  const mount = container.volumeMounts.find(({ name }: { name: string }) => name === mounted.name);
  const [keyName] = Object.keys(secret.stringData);
  expect(environment.get("SOPS_AGE_KEY_FILE")).toBe(`${mount.mountPath}/${keyName}`);
  expect(environment.get("SOPS_AGE_KEY_FILE")).toBe("/ankra-sops-age-key/age.agekey");
  expect(environment.get("HELM_SECRETS_BACKEND")).toBe("sops");
  expect(configMap.data["helm.valuesFileSchemes"].split(", ")).toContain("secrets");
});
