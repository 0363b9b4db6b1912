/**
 * The plugin that `isosops cluster argocd` gives Argo CD, run as its sidecar runs it: in a copy of the repository, with the sidecar's
 * environment, with the real sops and with our command. What it is to make of encrypted sources, kustomize and helm make
 * of the same ones in plain text.
 */
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { argocdKey, argocdSettings } from "../../gitops/dist/index.js";
import { bin, first, isosops, makeFolder, type Outcome, run, secrets, stranger, tools } from "./support.js";

// Through variables, because these scripts have no types.
const helmScript = new URL("../../../test-vectors/helm.js", import.meta.url).href;
const kubernetesScript = new URL("../../../test-vectors/kubernetes.js", import.meta.url).href;
const { findHelms } = (await import(helmScript)) as { findHelms(): string[] };
const { findKustomize } = (await import(kubernetesScript)) as { findKustomize(): string | undefined };
const isWindows = process.platform === "win32";
const helms = isWindows ? [] : findHelms();
const kustomize = isWindows ? undefined : findKustomize();
if (kustomize === undefined || helms.length === 0) {
  const reason = "no kustomize or no helm (run test-vectors/install.js, or set KUSTOMIZE_BIN and HELM_BIN)";
  if (process.env.ISOSOPS_REQUIRE_LIVE && !isWindows) throw new Error(`Argo CD's plugin cannot be run: ${reason}.`);
  console.log(`Kustomize and Helm sources of Argo CD's plugin are skipped: ${reason}.`);
}

const documents = parseAllDocuments(await argocdSettings()).map((document) => document.toJS());
const config = documents.find(({ metadata }) => metadata.name === "isosops-plugin").data;
const plugin = parse(config["plugin.yaml"]).spec;
const containers = documents.find(({ kind }) => kind === "Deployment").spec.template.spec.containers;
const sidecar = containers.find(({ name }: { name: string }) => name === "isosops");
const environment: Record<string, string> = Object.fromEntries(
  sidecar.env.map(({ name, value }: { name: string; value: string }) => [name, value]),
);
const key = parse(await argocdKey([first.identity])).stringData["age.agekey"];

const backends = [...tools.findSops(), { version: "isosops", path: bin }];

type Files = Record<string, string>;

/** A repository as it is given to the sidecar. */
function makeSource(files: Files): string {
  const root = join(makeFolder(), "_cmp_server", "3b1a0e2c");
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content);
  }
  return root;
}

interface Application {
  /** `spec.source.path`. */
  path?: string;
  /** What Argo CD makes of `spec.source.plugin`. */
  env?: Record<string, string>;
  backend?: string;
  helm?: string;
}

async function call(
  action: "discover" | "generate",
  root: string,
  { path = ".", env = {}, backend = bin, helm = helms[0] }: Application = {},
): Promise<Outcome> {
  const home = makeFolder({ "plugin.sh": config["plugin.sh"], "age.agekey": key });
  const command: string[] = action === "discover" ? plugin.discover.find.command : plugin.generate.command;
  const [program, script, ...args] = command;
  expect(script).toBe("/home/argocd/cmp-server/config/plugin.sh");
  const path_ = [kustomize, helm, process.execPath].flatMap((tool) => (tool === undefined ? [] : [dirname(tool)]));
  const outcome = await run(program!, [join(home, "plugin.sh"), ...args], {
    cwd: join(root, path),
    env: {
      ...environment,
      HELM_CACHE_HOME: join(home, "cache"),
      HELM_CONFIG_HOME: join(home, "config"),
      HELM_DATA_HOME: join(home, "data"),
      HOME: home,
      PATH: [...path_, process.env.PATH].join(":"),
      SOPS: backend,
      SOPS_AGE_KEY_FILE: join(home, "age.agekey"),
      ARGOCD_APP_NAME: "shop",
      ARGOCD_APP_NAMESPACE: "web",
      KUBE_VERSION: "1.34.0",
      KUBE_API_VERSIONS: "v1,apps/v1",
      ...env,
    },
  });
  // The interface shows it to all who may see the Application.
  for (const secret of [...secrets, first.identity]) expect(outcome.stderr).not.toContain(secret);
  return outcome;
}

const objectsOf = ({ stdout }: Outcome) =>
  parseAllDocuments(stdout)
    .map((document) => document.toJS())
    .filter((object) => object !== null);

/** For the key of the cluster, as sops does it and as we do. */
async function encrypted(name: string, text: string, keys: string, recipient = first.recipient): Promise<string> {
  const cwd = makeFolder({ [name]: text });
  const outcome = await isosops(["encrypt", "--age", recipient, "--encrypted-regex", keys, name], { cwd });
  expect(outcome).toMatchObject({ exit: 0 });
  return outcome.stdout;
}

const secret = `apiVersion: v1
kind: Secret
metadata:
  name: shop
stringData:
  username: shop # not secret
  password: ${secrets[0]}
`;
const configMap = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: shop}\ndata: {color: green}\n";
const values = `password: ${secrets[0]}\nreplicas: 3\n`;

const encryptedSecret = await encrypted("shop.yaml", secret, "^password$");
const foreignSecret = await encrypted("shop.yaml", secret, "^password$", stranger.recipient);

describe.skipIf(isWindows)("manifests", () => {
  test.each(backends)("become plain objects with $version, whoever encrypted them", async ({ path: backend }) => {
    const files: Files = { "manifests/ours.yaml": encryptedSecret, "manifests/plain.yaml": configMap };
    const expected = [parse(secret), parse(configMap)];
    const json = JSON.stringify(parse(secret));
    files["manifests/q.json"] = await encrypted("q.json", json, "^password$");
    expected.push(parse(secret));
    const several = `${secret}---\n${configMap}---\n${secret}`;
    files["manifests/several.yml"] = await encrypted("several.yml", several, "^(password|color)$");
    expected.push(parse(secret), parse(configMap), parse(secret));
    for (const [index, sops] of tools.findSops().entries()) {
      const cwd = makeFolder({ "shop.yaml": secret });
      const flags = tools.encryptFlags({ encryptedRegex: "^(data|stringData)$" }, [first.recipient]);
      const theirs = await run(sops.path, [...flags, "shop.yaml"], { cwd });
      expect(theirs).toMatchObject({ exit: 0 });
      files[`manifests/theirs-${index}.yaml`] = theirs.stdout;
      expected.push(parse(secret));
    }
    const root = makeSource(files);
    const discovered = await call("discover", root, { path: "manifests", backend });
    expect(discovered).toMatchObject({ exit: 0, stderr: "" });
    expect(discovered.stdout).not.toBe("");
    const outcome = await call("generate", root, { path: "manifests", backend });
    expect(outcome).toMatchObject({ exit: 0, stderr: "" });
    expect(objectsOf(outcome)).toEqual(expected);
  });

  test("of folders below are left out, and taken where the Application asks for them", async () => {
    const root = makeSource({ "a.yaml": encryptedSecret, "below/b.yaml": encryptedSecret, ".hidden/c.yaml": secret });
    expect(objectsOf(await call("generate", root))).toEqual([parse(secret)]);
    const env = { ARGOCD_ENV_RECURSE: "true" };
    expect(objectsOf(await call("generate", root, { env }))).toEqual([parse(secret), parse(secret)]);
  });

  test("are taken, and other YAML beside them is not", async () => {
    const root = makeSource({
      "shop.yaml": encryptedSecret,
      "values.yaml": await encrypted("values.yaml", values, "^password$"),
      ".sops.yaml": "creation_rules: []\n",
    });
    const outcome = await call("generate", root);
    expect(outcome).toMatchObject({ exit: 0, stderr: "isosops: values.yaml is not a manifest, and is skipped.\n" });
    expect(objectsOf(outcome)).toEqual([parse(secret)]);
  });

  test("are searched for Secrets in plain text", async () => {
    const plain: Files = {
      "block.yaml": secret,
      "quoted.yaml": 'apiVersion: v1\n"kind": "Secret"\nmetadata: {name: a}\n"data": {a: YQ==}\n',
      "second.yaml": `${configMap}---\n${secret}`,
      "indented.yaml": secret.replace(/^(?=.)/gm, "  "),
      "flow.yaml": "{apiVersion: v1, kind: Secret, metadata: {name: a}, stringData: {a: b}}\n",
      "list.yaml": `apiVersion: v1\nkind: List\nitems:\n${secret.replace(/^(?=.)/gm, "    ").replace("    api", "  - api")}`,
      "crlf.yaml": secret.replaceAll("\n", "\r\n"),
      "one-line.json": JSON.stringify(parse(secret)),
      "lines.json": JSON.stringify(parse(secret), null, 2),
    };
    for (const [name, text] of Object.entries(plain)) {
      const root = makeSource({ "a.yaml": encryptedSecret, [name]: text });
      const { exit, stdout, stderr } = await call("generate", root);
      expect({ name, exit, stdout }).toEqual({ name, exit: 1, stdout: "" });
      expect(stderr).toMatch(new RegExp(`^isosops: ${name} has a Secret that is not encrypted\\.`));
      const allowed = await call("generate", root, { env: { ARGOCD_ENV_ALLOW_PLAIN_SECRETS: "true" } });
      expect({ name, exit: allowed.exit }).toEqual({ name, exit: 0 });
    }
  });

  test("that only speak of Secrets are let through", async () => {
    const harmless: Files = {
      "comment.yaml": `# kind: Secret\n${configMap}`,
      "gateway.yaml": `apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: web}
spec:
  listeners:
    - tls:
        certificateRefs:
          - kind: Secret
            name: tls
`,
      "external.yaml":
        "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: a}\nspec: {data: []}\n",
      "token.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ntype: kubernetes.io/service-account-token\n",
      "empty.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {}\n",
    };
    const root = makeSource({ "a.yaml": encryptedSecret, ...harmless });
    const outcome = await call("generate", root);
    expect(outcome).toMatchObject({ exit: 0, stderr: "" });
    expect(objectsOf(outcome)).toHaveLength(6);
  });

  const broken: Record<string, [Files, RegExp]> = {
    "for another key": [{ "shop.yaml": foreignSecret }, /isosops: shop\.yaml cannot be decrypted\./],
    changed: [
      { "shop.yaml": encryptedSecret.replace("username: shop", "username: root") },
      /isosops: shop\.yaml cannot be decrypted\./,
    ],
    "without metadata": [
      { "shop.yaml": encryptedSecret.replace(/^sops:\n(?: .*\n?)*/m, "") },
      /isosops: shop\.yaml has encrypted values and no metadata of sops/,
    ],
    none: [{ "README.md": "#\n" }, /isosops: there are no objects in this source\./],
  };
  test.each(Object.entries(broken))("that are %s fail the sync", async (_, [files, words]) => {
    for (const { path: backend } of backends) {
      const outcome = await call("generate", makeSource({ ".keep": "", ...files }), { backend });
      expect(outcome).toMatchObject({ exit: 1, stdout: "" });
      expect(outcome.stderr).toMatch(words);
    }
  });

  test("are no way to files outside of the repository", async () => {
    const root = makeSource({ "shop.yaml": encryptedSecret });
    const outside = makeFolder({ "other.yaml": configMap });
    symlinkSync(join(outside, "other.yaml"), join(root, "other.yaml"));
    const { exit, stdout, stderr } = await call("generate", root);
    expect({ exit, stdout, stderr }).toEqual({
      exit: 1,
      stdout: "",
      stderr: "isosops: ./other.yaml is outside of the repository.\n",
    });
  });

  test("are not decrypted where somebody works on them", async () => {
    const cwd = makeFolder({ "plugin.sh": config["plugin.sh"], "shop.yaml": encryptedSecret });
    const { exit, stderr } = await run("sh", ["plugin.sh", "generate"], { cwd });
    expect(exit).toBe(1);
    expect(stderr).toContain("in the copies that Argo CD makes");
  });
});

describe.skipIf(isWindows)("a source", () => {
  const asked = { ARGOCD_APP_PARAMETERS: "null" };

  test("without encrypted files is not for the plugin", async () => {
    const root = makeSource({ "shop.yaml": secret, "README.md": encryptedSecret });
    expect(await call("discover", root)).toMatchObject({ exit: 0, stdout: "", stderr: "" });
    const named = await call("discover", root, { env: asked });
    expect(named).toMatchObject({ exit: 1, stdout: "" });
    expect(named.stderr).toMatch(/^isosops: no file of this source is encrypted\./);
    const allowed = await call("discover", root, { env: { ...asked, ARGOCD_ENV_ALLOW_PLAIN_SECRETS: "true" } });
    expect(allowed).toMatchObject({ exit: 0, stdout: ".\n", stderr: "" });
  });

  test("with encrypted files in what it names is one", async () => {
    const root = makeSource({
      "base/kustomization.yaml": "resources: [shop.yaml]\n",
      "base/shop.yaml": encryptedSecret,
      "overlay/kustomization.yaml": "resources:\n  - ../base\n",
      "other/kustomization.yaml": "resources:\n  - config.yaml\n",
      "other/config.yaml": configMap,
      "chart/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 0.1.0\n",
      "chart/secrets/values.yaml": encryptedSecret,
    });
    expect((await call("discover", root, { path: "overlay" })).stdout).toMatch(/base\/shop\.yaml\n$/);
    expect(await call("discover", root, { path: "other" })).toMatchObject({ exit: 0, stdout: "" });
    expect((await call("discover", root, { path: "chart" })).stdout).toBe("./secrets/values.yaml\n");
  });
});

describe.skipIf(kustomize === undefined)("Kustomize", () => {
  const overlay = `namespace: web
resources:
  - ../../base
  - extra.yaml # one more
components: ["../../parts/tls"]
patches:
  - path: patch.yaml
secretGenerator:
  - name: smtp
    envs:
      - smtp.env
    files:
      - token=token.txt
`;
  const plain: Files = {
    "base/kustomization.yaml": "resources:\n- shop.yaml\n- config.yaml\n",
    "base/shop.yaml": secret,
    "base/config.yaml": configMap,
    "parts/tls/kustomization.yml":
      'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources:\n- "tls.yaml"\n',
    "parts/tls/tls.yaml": secret.replace("name: shop", "name: tls"),
    "overlays/prod/kustomization.yaml": overlay,
    "overlays/prod/extra.yaml": secret.replace("name: shop", "name: extra"),
    "overlays/prod/patch.yaml": `apiVersion: v1\nkind: Secret\nmetadata: {name: shop}\nstringData: {token: ${secrets[1]}}\n`,
    "overlays/prod/smtp.env": `PASSWORD=${secrets[1]}\n`,
    "overlays/prod/token.txt": `${secrets[0]}\nand more\n`,
  };

  async function encryptedFiles(): Promise<Files> {
    const files: Files = { ...plain };
    for (const name of Object.keys(plain)) {
      if (/kustomization|config\.yaml/.test(name)) continue;
      const keys = name.endsWith(".yaml") ? "^(password|token)$" : "";
      files[name] = await encrypted(name.split("/").at(-1)!, plain[name]!, keys);
    }
    return files;
  }

  test.each(backends)("gives the same with $version as from plain files", async ({ path: backend }) => {
    const expected = await run(kustomize!, ["build", "overlays/prod"], { cwd: makeSource(plain) });
    expect(expected).toMatchObject({ exit: 0 });
    expect(objectsOf(expected)).toHaveLength(5);
    const root = makeSource({
      ...(await encryptedFiles()),
      // Named twice, and by two kustomizations.
      "parts/tls/kustomization.yml": `${plain["parts/tls/kustomization.yml"]}patches:\n- path: tls.yaml\n`,
      // Nothing names these: they are for another cluster.
      "overlays/staging/kustomization.yaml": "resources: [shop.yaml]\n",
      "overlays/staging/shop.yaml": foreignSecret,
      "base/old.yaml": foreignSecret,
    });
    const outcome = await call("generate", root, { path: "overlays/prod", backend });
    expect(outcome).toMatchObject({ exit: 0, stderr: "" });
    expect(outcome.stdout).toBe(expected.stdout);
  });

  const broken: Record<string, [Files, RegExp]> = {
    "a resource in plain text": [{ "base/shop.yaml": secret }, /^isosops: base\/shop\.yaml has a Secret that is not/],
    "a resource for another key": [
      { "base/shop.yaml": foreignSecret },
      /isosops: base\/shop\.yaml cannot be decrypted/,
    ],
    "a generator's file in plain text": [
      { "overlays/prod/smtp.env": plain["overlays/prod/smtp.env"]! },
      /^isosops: secretGenerator takes overlays\/prod\/smtp\.env, which is not encrypted/,
    ],
    literals: [
      { "base/kustomization.yaml": `secretGenerator:\n- name: a\n  literals:\n  - a=${secrets[0]}\n` },
      /^isosops: the secretGenerator of a kustomization in base.* has literals/,
    ],
    "an encrypted file in a ConfigMap": [
      { "base/kustomization.yaml": "configMapGenerator:\n- name: a\n  files:\n  - shop.yaml\n" },
      /^isosops: configMapGenerator takes base\/shop\.yaml, which is encrypted/,
    ],
    "a file with a name that is not understood": [
      { "base/kustomization.yaml": "resources:\n- a shop.yaml\n", "base/a shop.yaml": encryptedSecret },
      /^isosops: objects of this source still have encrypted values/,
    ],
  };
  test.each(Object.entries(broken))("with %s fails the sync", async (_, [files, words]) => {
    const root = makeSource({ ...(await encryptedFiles()), ...files });
    const outcome = await call("generate", root, { path: "overlays/prod" });
    expect(outcome).toMatchObject({ exit: 1, stdout: "" });
    expect(outcome.stderr).toMatch(words);
  });
});

describe.each(helms)("Helm (%s)", (helm) => {
  const chart: Files = {
    "charts/shop/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 0.1.0\n",
    "charts/shop/values.yaml": "password: none\nreplicas: 1\n",
    "charts/shop/files/token.txt": secrets[1]!,
    "charts/shop/templates/secret.yaml": `apiVersion: v1
kind: Secret
metadata:
  name: {{ .Release.Name }}
  namespace: {{ .Release.Namespace }}
stringData:
  password: {{ .Values.password | quote }}
  token: {{ .Files.Get "files/token.txt" | quote }}
  replicas: {{ .Values.replicas | quote }}
  version: {{ .Capabilities.KubeVersion.Version | quote }}
`,
    "values/production.yaml": values,
  };
  const parameters = { PARAM_VALUES_FILES_0: "secrets://../../values/production.yaml", PARAM_VALUES: "replicas: 5" };
  const asPlain = ["template", "shop", ".", "--namespace", "web", "--include-crds", "--kube-version", "1.34.0"];

  async function encryptedFiles(): Promise<Files> {
    return {
      ...chart,
      "charts/shop/files/token.txt": await encrypted("token.txt", secrets[1]!, ""),
      "values/production.yaml": await encrypted("production.yaml", values, "^password$"),
      // For another cluster.
      "charts/shop/values-staging.yaml": await encrypted("a.yaml", values, "^password$", stranger.recipient),
    };
  }

  test.each(backends)("gives the same with $version as from plain files", async ({ path: backend }) => {
    const flags = ["--values", "../../values/production.yaml", "--set", "replicas=5"];
    const env = { HELM_CACHE_HOME: "/nonexistent" };
    const expected = await run(helm, [...asPlain, ...flags], { cwd: join(makeSource(chart), "charts/shop"), env });
    expect(expected).toMatchObject({ exit: 0 });
    expect(expected.stdout).toContain(secrets[0]);
    const root = makeSource(await encryptedFiles());
    const outcome = await call("generate", root, { path: "charts/shop", env: parameters, backend, helm });
    expect(outcome.exit, outcome.stderr).toBe(0);
    expect(outcome.stdout).toBe(expected.stdout);
  });

  const broken: Record<string, [Files, Record<string, string>, RegExp]> = {
    "values in plain text": [
      { "values/production.yaml": values },
      parameters,
      /isosops: \.\.\/\.\.\/values\/production\.yaml is named as secrets:\/\/.* and is not encrypted/,
    ],
    "values for another key": [
      {},
      { PARAM_VALUES_FILES_0: "values-staging.yaml" },
      /isosops: charts\/shop\/values-staging\.yaml cannot be decrypted/,
    ],
    "values that are not there": [{}, { PARAM_VALUES_FILES_0: "no.yaml" }, /isosops: there is no values file no\.yaml/],
    "values outside of the repository": [
      {},
      { PARAM_VALUES_FILES_0: "/etc/hostname" },
      /isosops: \/etc\/hostname is outside of the repository/,
    ],
    "values whose path has a comma": [
      { "charts/shop/a,/etc/hostname": values, "charts/shop/a": values },
      { PARAM_VALUES_FILES_0: "a,/etc/hostname" },
      /isosops: a,\/etc\/hostname has a comma in its path/,
    ],
    "flags for a name": [
      { "charts/shop/run.sh": "touch ran" },
      { PARAM_RELEASE_NAME: "--post-renderer=./run.sh" },
      /isosops: --post-renderer=\.\/run\.sh cannot be the name of a release/,
    ],
    "several lines for a name": [{}, { PARAM_RELEASE_NAME: "a\n--debug" }, /--debug cannot be the name of a release/],
    "its own values for another key": [
      { "charts/shop/values.yaml": foreignSecret },
      {},
      /isosops: charts\/shop\/values\.yaml cannot be decrypted/,
    ],
    "a file for another key": [
      { "charts/shop/files/token.txt": foreignSecret },
      {},
      /isosops: objects of this source still have encrypted values/,
    ],
  };
  test.each(Object.entries(broken))("with %s fails the sync", async (_, [files, env, words]) => {
    const root = makeSource({ ...(await encryptedFiles()), ...files });
    const outcome = await call("generate", root, { path: "charts/shop", env, helm });
    expect(outcome).toMatchObject({ exit: 1, stdout: "" });
    expect(outcome.stderr).toMatch(words);
  });

  test("shows no file outside of the repository", async () => {
    const root = makeSource(await encryptedFiles());
    const outside = makeFolder({ key: "plain-secret-1" });
    // Nobody reads what is not there.
    symlinkSync("nowhere/at/all", join(root, "values/old"));
    expect(await call("generate", root, { path: "charts/shop", helm })).toMatchObject({ exit: 0 });
    for (const link of ["charts/shop/files/key", "charts/key"]) {
      symlinkSync(join(outside, "key"), join(root, link));
      const outcome = await call("generate", root, { path: "charts/shop", helm });
      expect(outcome).toMatchObject({ exit: 1, stdout: "" });
      expect(outcome.stderr).toContain(`./${link} is outside of the repository`);
      rmSync(join(root, link));
    }
  });
});
