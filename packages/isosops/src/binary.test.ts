import { beforeAll, describe, expect, it } from "vitest";
import { decrypt, encrypt, generateIdentity } from "./index.js";

let recipients: string[];
let identities: string[];
beforeAll(async () => {
  const key = await generateIdentity();
  recipients = [key.recipient];
  identities = [key.identity];
});

describe("binary files", () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);

  it("of more than 383 MiB are refused, since their one text would be too long for a string", async () => {
    await expect(encrypt(new Uint8Array(383 * 2 ** 20 + 1), { format: "binary", recipients })).rejects.toMatchObject({
      code: "too_large",
      message: expect.stringMatching(/384 MiB is too large.*383 MiB/),
    });
    // In base64 the limit fits, with room for the block of some hundred recipients.
    expect(Math.ceil((383 * 2 ** 20) / 3) * 4).toBeLessThan(2 ** 29 - 24 - 2 ** 20);
  });

  it("come back as they were, whatever their bytes", async () => {
    const { text, bytes: encrypted } = await encrypt(bytes, { format: "binary", recipients });
    expect(encrypted).toEqual(new TextEncoder().encode(text));
    const plain = await decrypt(encrypted, { format: "binary", identities });
    expect(plain.bytes).toEqual(bytes);
    expect(plain.data).toEqual({ data: bytes });
    expect(plain.text).toBeUndefined();
  });

  it("may be encrypted twice, with rules that do not count", async () => {
    const once = await encrypt("a: 1\n", {
      format: "binary",
      recipients,
      encryptedRegex: "^none$",
      macOnlyEncrypted: true,
    });
    expect(once.metadata).toMatchObject({ rule: {}, macOnlyEncrypted: false });
    const twice = await encrypt(once.text, { format: "binary", recipients });
    expect((await decrypt(twice.text, { format: "binary", identities })).text).toBe(once.text);
    expect((await decrypt(once.text, { format: "json", identities })).data).toEqual({ data: "a: 1\n" });
  });

  it("are told from other files when decrypted", async () => {
    const { text } = await encrypt('{"other": 1}', { format: "json", recipients });
    await expect(decrypt(text, { format: "binary", identities })).rejects.toMatchObject({ code: "unwritable" });
  });
});

describe("between formats", () => {
  it("the reserved names are those of the format that is written", async () => {
    const from = { format: "json" as const, recipients };
    await expect(encrypt('{"sops_x": "1"}', { ...from, outputFormat: "dotenv" })).rejects.toMatchObject({
      code: "already_encrypted",
    });
    await expect(encrypt("sops=1\n", { format: "dotenv", recipients, outputFormat: "yaml" })).rejects.toMatchObject({
      code: "already_encrypted",
    });
    expect((await encrypt("sops=1\n", { format: "dotenv", recipients })).text).toMatch(/^sops=ENC/);
  });

  it.each(["dotenv", "ini"] as const)("what %s has no place for is refused", async (outputFormat) => {
    for (const source of ['{"a": {"b": {"c": 1}}}', '{"a": {"b": null}}', '{"a": [1]}']) {
      await expect(encrypt(source, { format: "json", recipients, outputFormat })).rejects.toMatchObject({
        code: "unwritable",
      });
    }
  });

  it("a comment that nobody could read in YAML is not written there", async () => {
    // Of what sops 3.13.3 makes of these, it says itself: "control characters are not allowed".
    const source = "[a]\n; b\x01c\nd = e\n";
    const from = { format: "ini" as const, recipients };
    const refusal = { code: "unwritable", path: ["a"], message: expect.not.stringContaining("b\x01c") };
    await expect(encrypt(source, { ...from, encryptedRegex: "x", outputFormat: "yaml" })).rejects.toMatchObject(
      refusal,
    );
    const locked = await encrypt(source, { ...from, outputFormat: "yaml" });
    for (const layout of ["preserve", "sops"] as const) {
      await expect(decrypt(locked.text, { format: "yaml", identities, layout })).rejects.toMatchObject(refusal);
    }
    const plain = await decrypt(locked.text, { format: "yaml", identities, outputFormat: "ini" });
    expect(plain.text).toBe("[a]\n; b\x01c\nd = e\n");
  });

  it("scalars are spelled as sops spells them", async () => {
    // Taken from sops 3.13.3, `decrypt --output-type ini`.
    const source =
      "a:\n  f1: 1e5\n  f2: 1234567.5\n  f4: 1000000.0\n  f6: 0.00001\n  f7: -0.0\n  g3: 12345678901234567890123.0\n  g4: .inf\n  t: 2024-02-29T10:11:12.5Z\n  b: true\n";
    const { text } = await encrypt(source, { format: "yaml", recipients });
    const plain = await decrypt(text, { format: "yaml", identities, outputFormat: "ini" });
    expect(plain.text).toBe(
      "[a]\nf1 = 100000.0\nf2 = 1.2345675E+06\nf4 = 1E+06\nf6 = 1E-05\nf7 = -0.0\ng3 = 1.2345678901234568E+22\ng4 = +Inf\nt  = 2024-02-29T10:11:12Z\nb  = true\n",
    );
  });
});
