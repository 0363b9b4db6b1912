import { chmodSync, copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { codeOf, plaintext } from "../../test/support.js";
import { encodeBech32 } from "../bech32.js";
import { decrypt } from "../decrypt.js";
import { encrypt } from "../encrypt.js";
import { parseHeader } from "../header.js";
import { identitiesToRecipients } from "../identities-to-recipients.js";
import { parseIdentity } from "../parse-identity.js";
import { parseRecipient } from "../parse-recipient.js";
import { x25519IdentityToRecipient } from "../x25519/identity-to-recipient.js";
import { generateX25519Key } from "../x25519/secret-key.js";
import { startPlugin } from "./process-portable.js";
import { pluginIdentityText, readPluginIdentity, readPluginRecipient } from "./text.js";

const folder = mkdtempSync(join(tmpdir(), "age-plugins-"));
const script = join(folder, "plugin.mjs");
copyFileSync(fileURLToPath(new URL("../../test/plugins/plugin.mjs", import.meta.url)), script);
const command = join(folder, "age-plugin-test");
writeFileSync(command, `#!/bin/sh\nexec '${process.execPath}' '${script}' "$@"\n`);
chmodSync(command, 0o755);
const path = process.env.PATH;
process.env.PATH = `${folder}${delimiter}${path}`;
afterAll(() => {
  process.env.PATH = path;
  rmSync(folder, { recursive: true });
});
const setMode = (mode: string): void => {
  process.env.AGE_PLUGIN_TEST = mode;
};
afterEach(() => setMode(""));

const recipient = encodeBech32("age1test", new Uint8Array(5));
const identity = pluginIdentityText("test", new Uint8Array(5));
const bytes = plaintext(10);

// A command that a shell runs, as plugins are found here, is not to be had on Windows.
describe.skipIf(process.platform === "win32")("plugins", () => {
  it("wrap and unwrap file keys", async () => {
    const file = await encrypt(bytes, [recipient, x25519IdentityToRecipient(generateX25519Key())]);
    const [stanza] = parseHeader(file).stanzas;
    expect(Buffer.from(stanza!.args[0]!, "base64").toString()).toBe(`add-recipient ${recipient}`);
    expect(await decrypt(file, [identity])).toEqual(bytes);
    setMode("nothing");
    expect(await codeOf(() => decrypt(file, [identity]))).toBe("no_match");
  });

  it("are tried after all other identities", async () => {
    const mine = generateX25519Key();
    const file = await encrypt(bytes, [recipient, x25519IdentityToRecipient(mine)]);
    setMode("error");
    expect(await decrypt(file, [identity, mine])).toEqual(bytes);
  });

  it("encrypt to an identity", async () => {
    const file = await encrypt(bytes, await identitiesToRecipients(`# mine\n${identity}\n`));
    expect(Buffer.from(parseHeader(file).stanzas[0]!.args[0]!, "base64").toString()).toBe(`add-identity ${identity}`);
    expect(await decrypt(file, [identity])).toEqual(bytes);
  });

  it("talk with the user", async () => {
    setMode("talk");
    const ui = {
      message: vi.fn(),
      request: vi.fn(async (_: string, __: string, secret: boolean) => (secret ? "1234" : "Ä")),
      confirm: vi.fn((_: string, __: string, ___: string, no: string | undefined) => no === undefined),
    };
    const file = await encrypt(bytes, [parseRecipient(recipient, { pluginUi: ui })]);
    const said = Buffer.from(parseHeader(file).stanzas[0]!.args[1]!, "base64").toString();
    expect(said).toBe("unsupported:,ok:,ok:Ä,ok:1234,ok:no:,ok:yes:");
    expect(ui.message.mock.calls).toEqual([["test", "touch it"]]);
    expect(ui.request.mock.calls).toEqual([
      ["test", "your name?", false],
      ["test", "your PIN?", true],
    ]);
    expect(ui.confirm.mock.calls).toEqual([
      ["test", "sure?", "go on", "stop"],
      ["test", "and now?", "fine", undefined],
    ]);
    expect(await decrypt(file, [parseIdentity(identity, { pluginUi: ui })])).toEqual(bytes);
  });

  it("are told that nobody answers, or that it went wrong", async () => {
    setMode("talk");
    const refuse = (): never => {
      throw new Error("not now");
    };
    for (const ui of [undefined, { message: refuse, request: refuse, confirm: refuse }]) {
      const file = await encrypt(bytes, [parseRecipient(recipient, { pluginUi: ui })]);
      const said = Buffer.from(parseHeader(file).stanzas[0]!.args[1]!, "base64").toString();
      expect(said).toBe("unsupported:,fail:,fail:,fail:,fail:,fail:");
    }
  });

  it("have labels", async () => {
    setMode("labels");
    const mixed = [recipient, x25519IdentityToRecipient(generateX25519Key())];
    expect(await codeOf(() => encrypt(bytes, mixed))).toBe("incompatible_recipients");
    expect(await codeOf(() => encrypt(bytes, [recipient, recipient]))).toBe("none");
  });

  it.each(["exit", "garbage", "endless", "bad-body", "error", "bad-confirm", "bad-index", "labels-twice", "nothing"])(
    "that go wrong are a typed error: %s",
    async (mode) => {
      setMode(mode);
      expect(await codeOf(() => encrypt(bytes, [recipient]))).toBe("plugin");
    },
  );

  it.each(["exit", "garbage", "error", "bad-confirm", "bad-index", "twice"])(
    "that go wrong in decryption are a typed error: %s",
    async (mode) => {
      const file = await encrypt(bytes, [recipient]);
      setMode(mode);
      expect(await codeOf(() => decrypt(file, [identity]))).toBe("plugin");
    },
  );

  it("say what went wrong, in one line without control characters", async () => {
    setMode("error");
    await expect(encrypt(bytes, [recipient])).rejects.toThrow(
      "the plugin test reported an error: no device [31m found",
    );
  });

  it("that are not there are named", async () => {
    const missing = encodeBech32("age1missing", new Uint8Array(5));
    await expect(encrypt(bytes, [missing])).rejects.toMatchObject({
      code: "plugin",
      message: expect.stringContaining("age-plugin-missing"),
    });
  });
});

it("plugins are not supported where no program can be started", async () => {
  expect(await codeOf(() => startPlugin("test", "recipient-v1"))).toBe("unsupported");
});

it("names of plugins are read from their keys", () => {
  expect(readPluginRecipient(recipient)).toBe("test");
  expect(readPluginIdentity(identity)).toBe("test");
  expect(pluginIdentityText("batchpass")).toMatch(/^AGE-PLUGIN-BATCHPASS-1[02-9AC-HJ-NP-Z]{6}$/);
  expect(() => pluginIdentityText("../x")).toThrow("a plugin name");
});
