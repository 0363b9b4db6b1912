/** `require("isosops")`, on the versions of Node that the packages support, and in Jest, which has a `require` of its own. */
import { describe, expect, it } from "vitest";
import { publicPackages } from "../.ci/packaging/packages.js";
import { makeProject, missing, type NodeVersion } from "./harness.js";

const versions: NodeVersion[] = ["20.19", "22", "24"];

/** What can be imported from the packages, such as "@isosops/keys/aws". */
const entries = publicPackages().flatMap(({ name, manifest }) =>
  Object.keys(manifest.exports)
    // "./config" exports nothing: projects/load-env.test.ts has it.
    .filter((path) => !path.includes("*") && !path.endsWith(".json") && path !== "./config")
    .map((path) => `${name}${path.slice(1)}`),
);

describe.each(versions)("on Node %s", (node) => {
  const skip = missing(`node-${node}`);

  it.skipIf(skip)("works, without a warning", async () => {
    const project = makeProject({
      "package.json": `{ "private": true }`,
      "index.js": `
        const { encrypt, decrypt, generateIdentity } = require("isosops");
        (async () => {
          const { identity, recipient } = await generateIdentity();
          const { text } = await encrypt("password: hunter2\\n", { format: "yaml", recipients: [recipient] });
          console.log((await decrypt(text, { format: "yaml", identities: [identity] })).text.trim());
        })();
      `,
    });
    const outcome = await project.run("node", ["index.js"], { node });
    expect(outcome).toEqual({ exit: 0, stdout: "password: hunter2\n", stderr: "" });
  });

  it.skipIf(skip)("gives what import gives, from each entry of each package", async () => {
    const project = makeProject({
      "package.json": `{ "private": true }`,
      "index.js": `
        (async () => {
          for (const entry of ${JSON.stringify(entries)}) {
            const required = require(entry);
            const imported = await import(entry);
            const names = Object.keys(imported);
            const same = names.length > 0 && names.every((name) => required[name] === imported[name]);
            console.log(entry, same ? "is the same" : "differs");
          }
        })();
      `,
    });
    const { stdout, stderr } = await project.run("node", ["index.js"], { node });
    expect(stderr).toBe("");
    expect(stdout.trim().split("\n")).toEqual(entries.map((entry) => `${entry} is the same`));
  });
});

describe("in Jest", () => {
  const roundTrip = `
    test("encrypts and decrypts", async () => {
      const { identity, recipient } = await generateIdentity();
      const { text } = await encrypt("password: hunter2\\n", { format: "yaml", recipients: [recipient] });
      expect((await decrypt(text, { format: "yaml", identities: [identity] })).text).toBe("password: hunter2\\n");
      await expect(decrypt(text, { format: "yaml", identities: [] })).rejects.toThrow(SopsError);
    });
  `;
  const tests = {
    "required.test.js": `const { decrypt, encrypt, generateIdentity, SopsError } = require("isosops");${roundTrip}`,
    "imported.test.js": `import { decrypt, encrypt, generateIdentity, SopsError } from "isosops";${roundTrip}`,
  };
  const summary = /Tests: +2 passed, 2 total/;

  describe.each<NodeVersion>(["20.19", "24"])("on Node %s", (node) => {
    const skip = missing("jest", "@babel/preset-env", `node-${node}`);
    it.skipIf(skip)("works in the default mode, if Babel may transform the packages", async () => {
      const project = makeProject({
        "package.json": `{ "private": true }`,
        "babel.config.js": `module.exports = { presets: [["@babel/preset-env", { targets: { node: "current" } }]] };`,
        // As packages/isosops/README.md has it.
        "jest.config.js": `module.exports = {
        transformIgnorePatterns: ["/node_modules/(?!(@?isosops|@noble|@scure)/)"],
      };`,
        ...tests,
      });
      expect((await project.run("jest", [], { node })).stderr).toMatch(summary);
    });
  });

  it.skipIf(missing("jest", "node-24"))(
    "works on Node 24 with Node's own modules, with nothing to configure",
    async () => {
      const project = makeProject({ "package.json": `{ "private": true }`, ...tests });
      const env = { NODE_OPTIONS: "--experimental-vm-modules" };
      expect((await project.run("jest", [], { env })).stderr).toMatch(summary);
    },
  );
});
