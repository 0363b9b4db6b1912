/** Values below keys that sops writes behind `? `. */
import { expect, test } from "vitest";
import { decrypt } from "../../packages/isosops/dist/index.js";
import { describeLive } from "./differential.js";
import { identity, recipient } from "./property.js";

describeLive("keys of several lines, from sops", (server) => {
  test.each([" a\nb", "\n a\n", "a\nb", " a\nb\n\n", "\ta\nb"])("have the value %j", async (value) => {
    const plain = JSON.stringify({ top: { "key\nof two lines": value, next: "x" }, "another\n": value });
    const encryption = { format: "json", outputFormat: "yaml", recipients: [recipient] } as const;
    const { bytes } = await server().encrypt(plain, encryption);
    const { text } = await decrypt(bytes, { format: "yaml", identities: [identity] });
    expect((await server().read(text, "yaml")).branches).toEqual((await server().read(plain, "json")).branches);
  });
});
