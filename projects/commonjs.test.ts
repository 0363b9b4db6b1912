/** `require("isosops")` on the versions of Node that the packages support. */
import { describe, expect, it } from "vitest";
import { makeProject, missing, type NodeVersion } from "./harness.js";

const project = makeProject({
  "package.json": `{ "private": true, "type": "commonjs" }`,
  "index.js": `
const { encrypt, decrypt, generateIdentity, SopsError } = require("isosops");
(async () => {
  const { identity, recipient } = await generateIdentity();
  const { text } = await encrypt("password: hunter2\\n", { format: "yaml", recipients: [recipient] });
  const { SopsError: imported } = await import("isosops");
  console.log((await decrypt(text, { format: "yaml", identities: [identity] })).text.trim());
  console.log(imported === SopsError);
})();
`,
});

const versions: NodeVersion[] = ["20.19", "22", "24"];

describe.each(versions)("on Node %s", (node) => {
  it.skipIf(missing(`node-${node}`))("is required, and is what is imported", async () => {
    expect(await project.run("node", ["index.js"], { node })).toEqual({
      exit: 0,
      stdout: "password: hunter2\ntrue\n",
      stderr: "",
    });
  });
});
