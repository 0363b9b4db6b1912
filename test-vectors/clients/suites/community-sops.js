/** The integration tests of Ansible's collection community.sops: its lookup, filter, modules, and the plugin for variables. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { cacheFolder } from "../../tools.js";
import { bring, copyOf } from "../repositories.js";
import { rewrapFolder } from "../to-age.js";
import { venv } from "./python.js";
import { importKey, recipientsOf } from "./sops.js";

export const name = "community.sops";
export const variants = ["PGP", "age"];

const targets = ["age", "filter_decrypt", "load_vars", "lookup_sops", "sops_encrypt"];

export async function run({ folder, variant, keys, env: given }) {
  const python = venv("ansible-core==2.19.5");
  const copy = join(folder, "collections/ansible_collections/community/sops");
  mkdirSync(dirname(copy), { recursive: true });
  copyOf("ansible-collections/community.sops", copy);
  importKey(bring("getsops/sops"), given);
  if (variant === "age") rewrapFolder(join(copy, "tests"), recipientsOf(keys), given);
  const age = dirname(process.env.AGE_BIN || join(cacheFolder(), "age-1.3.1", "age"));
  const env = {
    ...given,
    PATH: [given.PATH.split(delimiter)[0], join(python, "bin"), given.PATH, age].join(delimiter),
    ANSIBLE_COLLECTIONS_PATH: join(folder, "collections"),
    ANSIBLE_LOCALHOST_WARNING: "false",
    ANSIBLE_NOCOLOR: "true",
  };
  const succeeds = (command, args, options) =>
    spawnSync(command, args, { env, stdio: "ignore", ...options }).status === 0;
  const results = new Map();

  const integration = join(copy, "tests/integration/targets");
  for (const [title, roles, role] of [
    ...targets.map((target) => [target, integration, target]),
    ["ee/lookup_sops", join(copy, "tests/ee/roles"), "lookup_sops"],
  ]) {
    const playbook = join(folder, "playbook.yml");
    writeFileSync(playbook, `- hosts: localhost\n  roles:\n    - ${role}\n`);
    const options = { cwd: folder, env: { ...env, ANSIBLE_ROLES_PATH: roles } };
    results.set(title, succeeds("ansible-playbook", [playbook], options));
  }
  const cwd = join(integration, "vars_sops");
  for (const test of readdirSync(cwd).filter((entry) => entry.startsWith("test-"))) {
    results.set(`vars_sops/${test}`, succeeds("./run-test.sh", [test, "3.13.3"], { cwd }));
  }
  return results;
}
