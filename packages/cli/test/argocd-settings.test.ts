/**
 * What `isosops cluster argocd` and `isosops cluster flux` write, held against the schemas of Kubernetes, its field management and its Pod
 * Security Standards, and against the chart of Argo CD and its manifests where these are at hand.
 */
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse, parseAllDocuments, stringify } from "yaml";
import { argocdKey, argocdSettings, argocdValues, findRepoServer, fluxKey } from "../../gitops/dist/index.js";
import { first, makeFolder, run } from "./support.js";

// Through variables, because these scripts have no types.
const helmScript = new URL("../../../test-vectors/helm.js", import.meta.url).href;
const kubernetesScript = new URL("../../../test-vectors/kubernetes.js", import.meta.url).href;
const { findHelms } = (await import(helmScript)) as { findHelms(): string[] };
const { findApi, findChart, findValidator } = (await import(kubernetesScript)) as Record<
  "findApi" | "findChart" | "findValidator",
  () => string | undefined
>;
const [helm] = findHelms();
const api = findApi();
const validator = findValidator();
const chart = findChart();
if (api === undefined || validator === undefined) {
  const reason = "no kubernetes-api or kubernetes-validate (run test-vectors/install.js)";
  if (process.env.ISOSOPS_REQUIRE_LIVE)
    throw new Error(`Argo CD's settings cannot be held against Kubernetes: ${reason}.`);
  console.log(`Argo CD's settings are not held against Kubernetes: ${reason}.`);
}
if (chart === undefined) {
  console.log("Argo CD's chart is not rendered: it is not there (run test-vectors/install.js, or set ARGOCD_CHART).");
}

// biome-ignore lint/suspicious/noExplicitAny: objects of Kubernetes.
type Manifest = any;

const documentsOf = (text: string): Manifest[] =>
  parseAllDocuments(text)
    .map((document) => document.toJS())
    .filter((document) => document !== null);

/** Throws what kubernetes-validate says of properties that are unknown or not of the right form. */
async function validate(objects: Manifest[]): Promise<void> {
  const cwd = makeFolder({ "objects.yaml": objects.map((object) => stringify(object)).join("---\n") });
  const { exit, stdout, stderr } = await run(validator!, ["-k", "1.34", "--strict", "objects.yaml"], { cwd });
  expect({ exit, said: `${stdout}${stderr}`.split("\n").filter((line) => !line.startsWith("INFO")) }).toEqual({
    exit: 0,
    said: [""],
  });
}

/** The repo-server of Argo CD's manifests, with what its plugins need (`manifests/base/repo-server`), the rest left out. */
const ownManifest = `apiVersion: apps/v1
kind: Deployment
metadata:
  labels:
    app.kubernetes.io/component: repo-server
    app.kubernetes.io/name: argocd-repo-server
    app.kubernetes.io/part-of: argocd
  name: argocd-repo-server
  namespace: argocd
spec:
  selector:
    matchLabels: { app.kubernetes.io/name: argocd-repo-server }
  template:
    metadata:
      labels: { app.kubernetes.io/name: argocd-repo-server }
    spec:
      automountServiceAccountToken: false
      containers:
        - args: [/usr/local/bin/argocd-repo-server]
          env:
            - name: HELM_CACHE_HOME
              value: /helm-working-dir
          image: quay.io/argoproj/argocd:v3.5.1
          name: argocd-repo-server
          securityContext: &restricted
            allowPrivilegeEscalation: false
            capabilities: { drop: [ALL] }
            readOnlyRootFilesystem: true
            runAsNonRoot: true
            seccompProfile: { type: RuntimeDefault }
          volumeMounts:
            - mountPath: /tmp
              name: tmp
            - mountPath: /home/argocd/cmp-server/plugins
              name: plugins
      initContainers:
        - args: [/bin/cp /usr/local/bin/argocd /var/run/argocd/argocd]
          command: [sh, -c]
          image: quay.io/argoproj/argocd:v3.5.1
          name: copyutil
          securityContext: *restricted
          volumeMounts:
            - mountPath: /var/run/argocd
              name: var-files
      volumes:
        - emptyDir: {}
          name: tmp
        - emptyDir: {}
          name: var-files
        - emptyDir: {}
          name: plugins
`;
/** The real ones, of the file that is named. */
const named = process.env.ARGOCD_MANIFESTS;
const installations: [string, string][] = [["as it is shortened here", ownManifest]];
if (named !== undefined) installations.push([named, readFileSync(named, "utf8")]);

const repoServerIn = (objects: Manifest[]): Manifest => {
  const found = objects.filter(({ kind, metadata }) => kind === "Deployment" && /repo-server$/.test(metadata.name));
  expect(found).toHaveLength(1);
  return found[0];
};

/** What holds for a repo-server that decrypts, whoever put it together. */
async function check(deployment: Manifest, container: string, multiSource: boolean): Promise<void> {
  const cwd = makeFolder({ "deployment.yaml": stringify(deployment) });
  expect(await run(api!, ["restricted", "deployment.yaml"], { cwd })).toMatchObject({ exit: 0, stderr: "" });
  const { containers, initContainers, volumes } = deployment.spec.template.spec;
  expect(containers.map(({ name }: Manifest) => name)).toEqual([container, "isosops"]);
  const volumeNames = volumes.map(({ name }: Manifest) => name);
  expect(new Set(volumeNames).size).toBe(volumeNames.length);
  for (const { name, image, securityContext, volumeMounts, resources } of [...initContainers, ...containers]) {
    expect(image).toMatch(/:v?\d+\.\d+\.\d+/);
    expect(securityContext).toMatchObject({ runAsNonRoot: true, readOnlyRootFilesystem: true });
    const paths = volumeMounts.map(({ mountPath }: Manifest) => mountPath);
    expect(new Set(paths).size).toBe(paths.length);
    for (const mount of volumeMounts) expect(volumeNames).toContain(mount.name);
    if (["isosops", "sops-tools"].includes(name)) {
      expect(resources).toMatchObject({
        requests: { memory: expect.any(String) },
        limits: { memory: expect.any(String) },
      });
    }
  }
  const sidecar = containers[1];
  expect(sidecar.command).toEqual(["/var/run/argocd/argocd-cmp-server"]);
  const mounted = Object.fromEntries(sidecar.volumeMounts.map(({ name, mountPath }: Manifest) => [name, mountPath]));
  expect(mounted).toMatchObject({
    "var-files": "/var/run/argocd",
    plugins: "/home/argocd/cmp-server/plugins",
    "isosops-plugin": "/home/argocd/cmp-server/config",
    "ankra-sops-age-key": "/ankra-sops-age-key",
  });
  // Argo CD's documentation: never the /tmp of the repo-server.
  expect(mounted.tmp).toBeUndefined();
  const helmWrapper = containers[0].volumeMounts.filter(
    ({ mountPath }: Manifest) => mountPath === "/usr/local/sbin/helm",
  );
  expect(helmWrapper).toHaveLength(multiSource ? 1 : 0);
  // A backend may be any script, where nothing says that it may not.
  expect(containers[0].env).toContainEqual({ name: "HELM_SECRETS_ALLOWED_BACKENDS", value: "sops" });
  for (const name of ["HELM_SECRETS_WRAPPER_ENABLED", "HELM_SECRETS_VALUES_ALLOW_ABSOLUTE_PATH"]) {
    expect(containers[0].env).toContainEqual({ name, value: String(multiSource) });
  }
}

describe.skipIf(api === undefined || validator === undefined)("Kubernetes takes", () => {
  test("all that is written", async () => {
    const flux = parse(await fluxKey([first.identity], "apps"));
    expect(flux.metadata).toEqual({ name: "sops-age", namespace: "apps" });
    expect(Object.keys(flux.stringData).every((name) => name.endsWith(".agekey"))).toBe(true);
    const settings = documentsOf(await argocdSettings());
    const others = settings.filter(({ kind }) => kind !== "Deployment");
    await validate([parse(await argocdKey([first.identity])), flux, ...others]);
    await expect(validate([{ ...others[0], dat: {} }])).rejects.toThrow(/exit: 1/);
  });

  test.each(installations)("the settings into Argo CD's manifests (%s)", async (name, manifests) => {
    const installed = repoServerIn(documentsOf(manifests));
    for (const multiSource of [false, true]) {
      const repoServer = await findRepoServer(manifests, name);
      expect(repoServer).toMatchObject({ container: "argocd-repo-server", isChart: false });
      const patch = repoServerIn(documentsOf(await argocdSettings({ repoServer, multiSource })));
      const cwd = makeFolder({ "installed.yaml": stringify(installed), "patch.yaml": stringify(patch) });
      const applied = await run(api!, ["apply", "installed.yaml", "patch.yaml"], { cwd });
      expect(applied).toMatchObject({ exit: 0, stderr: "" });
      const result = JSON.parse(applied.stdout);
      await validate([result]);
      await check(result, "argocd-repo-server", multiSource);
      const before = installed.spec.template.spec.containers[0];
      const [container] = result.spec.template.spec.containers;
      for (const field of ["env", "volumeMounts"])
        expect(container[field]).toEqual(expect.arrayContaining(before[field]));
      expect(container.image).toBe(before.image);
      expect(result.spec.template.spec.containers[1].image).toBe(before.image);
    }
  });

  test("no names that are not those of the cluster", async () => {
    const patch = repoServerIn(documentsOf(await argocdSettings()));
    const installed = ownManifest.replace("  name: argocd-repo-server\n", "  name: my-argocd-repo-server\n");
    const cwd = makeFolder({ "installed.yaml": installed, "patch.yaml": stringify(patch) });
    expect(await run(api!, ["apply", "installed.yaml", "patch.yaml"], { cwd })).toMatchObject({ exit: 1 });
    const repoServer = await findRepoServer(installed, "installed.yaml");
    const right = repoServerIn(documentsOf(await argocdSettings({ repoServer })));
    writeFileSync(join(cwd, "patch.yaml"), stringify(right));
    expect(await run(api!, ["apply", "installed.yaml", "patch.yaml"], { cwd })).toMatchObject({ exit: 0 });
  });
});

describe("the values for the chart", () => {
  test("are what the settings are, and no key", async () => {
    for (const multiSource of [false, true]) {
      const [config, deployment, configMap] = documentsOf(await argocdSettings({ multiSource, image: "a:1.2.3" }));
      const text = await argocdValues({ multiSource, image: "a:1.2.3" });
      const { configs, repoServer, extraObjects } = parse(text);
      const { spec, metadata } = deployment.spec.template;
      const [own, sidecar] = spec.containers;
      expect(configs.cm).toEqual(configMap.data);
      expect(repoServer).toEqual({
        podAnnotations: metadata.annotations,
        env: own.env,
        volumeMounts: own.volumeMounts,
        volumes: spec.volumes,
        initContainers: spec.initContainers,
        extraContainers: [sidecar],
      });
      expect(extraObjects[0].data).toEqual(config.data);
      // The chart evaluates these as templates.
      expect(JSON.stringify([extraObjects[0].data, repoServer])).not.toContain("{{");
    }
  });

  test.skipIf(chart === undefined || helm === undefined || api === undefined)(
    "fit it, whatever the release is called",
    async () => {
      // Of its dependencies, all are switched off by default, and helm asks for them all the same.
      const copy = join(makeFolder(), "argo-cd");
      cpSync(chart!, copy, { recursive: true });
      const definition = parse(readFileSync(join(copy, "Chart.yaml"), "utf8"));
      writeFileSync(join(copy, "Chart.yaml"), stringify({ ...definition, dependencies: undefined }));
      for (const multiSource of [false, true]) {
        const cwd = makeFolder({ "values.yaml": await argocdValues({ multiSource }) });
        const flags = ["--namespace", "gitops", "--kube-version", "1.34.0", "--values", "values.yaml"];
        const env = { HELM_CACHE_HOME: join(cwd, "cache") };
        const { exit, stdout, stderr } = await run(helm!, ["template", "my-release", copy, ...flags], { cwd, env });
        expect({ exit, stderr }).toEqual({ exit: 0, stderr: "" });
        const objects = documentsOf(stdout);
        const deployment = repoServerIn(objects);
        await validate(objects.filter(({ metadata }) => /repo-server$|^argocd-cm$|^isosops-/.test(metadata.name)));
        await check(deployment, "repo-server", multiSource);
        const { containers } = deployment.spec.template.spec;
        expect(containers[1].image).toBe(containers[0].image);
        const config = objects.find(({ metadata }) => metadata.name === "isosops-plugin");
        expect(config.metadata.namespace).toBe("gitops");
        const settings = objects.find(({ metadata }) => metadata.name === "argocd-cm");
        expect(settings.data["helm.valuesFileSchemes"]).toBe(multiSource ? "https, http" : "secrets, https, http");
        expect(await findRepoServer(stdout, "rendered.yaml")).toMatchObject({
          deployment: deployment.metadata.name,
          container: "repo-server",
          namespace: "gitops",
          isChart: true,
        });
      }
    },
  );
});
