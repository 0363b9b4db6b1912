/** Rollup with no plug-in but node-resolve: it reads ES modules only. */
import { describe, expect, it } from "vitest";
import { makeProject, missing } from "./harness.js";

const config = `
import nodeResolve from "@rollup/plugin-node-resolve";
export default { input: "main.js", output: { dir: "out", format: "es" }, plugins: [nodeResolve()] };
`;

const entries = ["@isosops/core", "@isosops/formats", "@isosops/gitops", "@isosops/keys/aws", "@isosops/keys/azure"];
entries.push("@isosops/keys/gcp", "@isosops/keys/huawei", "@isosops/keys/keyservice", "@isosops/keys/vault");

describe.skipIf(missing("rollup", "@rollup/plugin-node-resolve"))("Rollup without a plug-in for CommonJS", () => {
  it("builds all of isosops and @isosops/age, and the result works by itself", async () => {
    const project = makeProject({
      "rollup.config.js": config,
      "main.js": `
import * as isosops from "isosops";
import * as age from "@isosops/age";

const { identity, recipient } = await isosops.generateIdentity();
const sources = {
  yaml: "a: b\\n",
  json: '{"a": "b"}\\n',
  dotenv: "a=b\\n",
  ini: "[s]\\na = b\\n",
  toml: 'a = "b"\\n',
  xml: "<r><a>b</a></r>\\n",
};
for (const [format, source] of Object.entries(sources)) {
  const { text } = await isosops.encrypt(source, { format, recipients: [recipient] });
  const plain = await isosops.decrypt(text, { format, identities: [identity] });
  console.log(format, text.includes("ENC[AES256_GCM,") && plain.text === source);
}

// Libraries have the key derivation of OpenSSH as CommonJS alone.
const { SSH_KEY, SSH_PUBLIC_KEY } = process.env;
const { text } = await isosops.encrypt("a: b\\n", { format: "yaml", recipients: [SSH_PUBLIC_KEY] });
const identities = [age.parseIdentity(SSH_KEY, { passphrase: () => "open sesame" })];
const plain = await isosops.decrypt(text, { format: "yaml", identities });
console.log("encrypted SSH key", plain.text === "a: b\\n");
`,
    });
    const built = await project.run("rollup", ["--config"]);
    expect(built).toMatchObject({ exit: 0 });
    expect(built.stderr).not.toMatch(/Unresolved|is not exported|Circular/);

    const keygen = ["-q", "-t", "ed25519", "-N", "open sesame", "-C", "", "-f", "key"];
    expect(await project.run("ssh-keygen", keygen)).toMatchObject({ exit: 0 });
    const env = { SSH_KEY: project.read("key"), SSH_PUBLIC_KEY: project.read("key.pub").trim() };
    // Nothing may be loaded from node_modules.
    const alone = makeProject(
      Object.fromEntries(project.list("out").map((name) => [name.replace("out/", ""), project.read(name)])),
    );
    expect(await alone.run("node", ["main.js"], { env })).toEqual({
      exit: 0,
      stdout: `${["yaml", "json", "dotenv", "ini", "toml", "xml", "encrypted SSH key"].map((name) => `${name} true\n`).join("")}`,
      stderr: "",
    });
  });

  it("builds the other packages, and the result loads", async () => {
    const project = makeProject({
      "rollup.config.js": config,
      "main.js": entries
        .map((entry, i) => `import * as entry${i} from "${entry}";\nconsole.log(Object.keys(entry${i}).length > 0);\n`)
        .join(""),
    });
    expect(await project.run("rollup", ["--config"])).toMatchObject({ exit: 0 });
    const code = project.list("out").map((name) => project.read(name));
    expect(code.filter((text) => /\brequire\(|module\.exports/.test(text))).toEqual([]);
    expect(await project.run("node", ["out/main.js"])).toEqual({
      exit: 0,
      stdout: "true\n".repeat(entries.length),
      stderr: "",
    });
  });
});
