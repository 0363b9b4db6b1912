/** The page that takes a team from nothing to a rotated key, every command of it run as it stands there, in order. */
import { chmodSync, cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { blocksOf } from "../../../docs/blocks.js";
import { follow } from "./page.js";
import { bin, makeFolder, run, skippedWithoutSops, sops } from "./support.js";

// biome-ignore lint/suspicious/noExplicitAny: objects of Kubernetes.
const documentsOf = (path: string): any[] =>
  parseAllDocuments(readFileSync(path, "utf8")).map((document) => document.toJS());

/** Keeps what is applied, in the order in which it is, and has a cluster with the repo-server of another release. */
const kubectl = `#!/bin/sh
case $1 in
  apply) cat > "$HOME/applied-$(ls "$HOME" | grep -c applied-).yaml" ;;
  get) cat "$HOME/deployments.yaml" ;;
  *) exit 1 ;;
esac
`;
const deployments = `apiVersion: v1
kind: List
items:
- apiVersion: apps/v1
  kind: Deployment
  metadata: {name: team-repo-server, namespace: gitops}
  spec: {template: {spec: {containers: [{name: server, image: "a:1", args: [/usr/local/bin/argocd-repo-server]}]}}}
`;

/** Keeps the values it is given. */
const helm = `#!/bin/sh
[ "$1" = upgrade ] || exit 1
while [ $# -gt 1 ]; do
  if [ "$1" = --values ]; then cp "$2" "$HOME/upgraded.yaml"; fi
  shift
done
`;

test.skipIf(process.platform === "win32" || sops === undefined)(
  `docs/gitops.md${skippedWithoutSops}`,
  async () => {
    const home = makeFolder();
    const tools = join(home, "bin");
    const cwd = join(home, "repository");
    mkdirSync(tools);
    mkdirSync(cwd);
    symlinkSync(bin, join(tools, "isosops"));
    symlinkSync(sops!, join(tools, "sops"));
    for (const [name, text] of Object.entries({ kubectl, helm })) {
      writeFileSync(join(tools, name), text);
      chmodSync(join(tools, name), 0o755);
    }
    writeFileSync(join(home, "deployments.yaml"), deployments);
    const env = {
      HOME: home,
      // Not in the repository, whose branches would have keyrings of their own.
      XDG_CONFIG_HOME: join(home, "config"),
      PATH: [tools, dirname(process.execPath), process.env.PATH].join(delimiter),
      ISOSOPS_PASSPHRASE: "correct horse battery staple",
      GIT_CONFIG_GLOBAL: join(home, "gitconfig"),
      // The same again, so that whatever follows opens the keyring.
      ISOSOPS_NEW_PASSPHRASE: "correct horse battery staple",
    };
    writeFileSync(env.GIT_CONFIG_GLOBAL, "[user]\nname = a\nemail = a@team.example\n");
    await run("git", ["init", "--quiet", "--initial-branch=main"], { cwd, env });
    const page = readFileSync(new URL("../../../docs/gitops.md", import.meta.url), "utf8");
    const commands = await follow(page, { cwd, env });
    expect(commands).toBeGreaterThan(20);

    const applied = [0, 1, 2, 3, 4].map((number) => documentsOf(join(home, `applied-${number}.yaml`)));
    expect(
      applied.map(([{ metadata }, ...others]) => `${metadata.namespace}/${metadata.name} ${others.length}`),
    ).toEqual([
      "argocd/ankra-sops-age-key 3",
      "argocd/ankra-sops-age-key 0",
      "flux-system/sops-age 0",
      "argocd/ankra-sops-age-key 0",
      "argocd/ankra-sops-age-key 0",
    ]);
    const all = applied.map(([secret]) => secret.stringData["age.agekey"].match(/^AGE-SECRET-KEY-.*$/gm) as string[]);
    expect(all.map(({ length }) => length)).toEqual([1, 1, 1, 2, 1]);
    const keys = [all[0]!, all[3]!, all[4]!];
    expect([all[1], all[2]]).toEqual([all[0], all[0]]);
    expect(keys[1]!.toSorted()).toEqual([...keys[0]!, ...keys[2]!].toSorted());

    const names = documentsOf(join(cwd, "argocd.yaml")).map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
    expect(names).toContain("gitops/team-repo-server");
    expect(documentsOf(join(home, "upgraded.yaml"))[0].repoServer.extraContainers).toHaveLength(1);

    // What Argo CD deploys of the page's manifests, with the last key, is what the page has in plain text.
    const [, plugin] = applied[0]!;
    const source = join(home, "_cmp_server", "1");
    cpSync(cwd, source, { recursive: true });
    writeFileSync(join(home, "plugin.sh"), plugin.data["plugin.sh"]);
    const manifest = blocksOf(page).find(({ file }) => file === "manifests/shop.yaml")!;
    for (const backend of ["sops", "isosops"]) {
      const sidecar = { PATH: env.PATH, SOPS: backend, SOPS_AGE_KEY: keys[2]![0]! };
      const options = { cwd: join(source, "manifests"), env: sidecar };
      const { exit, stdout } = await run("sh", [join(home, "plugin.sh"), "generate"], options);
      expect({ backend, exit }).toEqual({ backend, exit: 0 });
      const objects = parseAllDocuments(stdout).map((document) => document.toJS());
      expect(objects).toEqual([parse(manifest.text)]);
    }
    const opens = async (key: string) => {
      const flags = ["--disable-version-check", "decrypt", "values/grafana.yaml"];
      return (await run(sops!, flags, { cwd, env: { SOPS_AGE_KEY: key } })).exit === 0;
    };
    expect([await opens(keys[0]![0]!), await opens(keys[2]![0]!)]).toEqual([false, true]);
  },
  300_000,
);
