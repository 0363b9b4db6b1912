/** Values as environment variables. What they are, the command's tests hold against sops. */
import { expect, test } from "vitest";
import { encrypt, generateIdentity, variables } from "../dist/index.js";

const { identity, recipient } = await generateIdentity();
const options = { format: "yaml", identities: [identity] } as const;
const lock = async (source: string) => (await encrypt(source, { format: "yaml", recipients: [recipient] })).text;

test("nested values are joined by the separator, and refused without one", async () => {
  const text = await lock("db:\n  hosts: [a, {p: 1}]\n  # c\n  t: true\nz: last\n");
  const { variables: found } = await variables(text, { ...options, separator: "__" });
  expect([...found]).toEqual([
    ["db__hosts__0", "a"],
    ["db__hosts__1__p", "1"],
    ["db__t", "true"],
    ["z", "last"],
  ]);
  await expect(variables(text, options)).rejects.toMatchObject({ code: "unsupported", path: ["db"] });
});

test.each([
  ["two paths of one name", "a_b: hunter2\na: {b: hunter2}\n"],
  ["an equals sign", '"a=b": hunter2\n'],
  ["NUL in a value", 'a: "hunter2\\0"\n'],
  ["NUL in a name", '"a\\0": hunter2\n'],
])("no environment can hold %s", async (_, source) => {
  const error = (await variables(await lock(source), { ...options, separator: "_" }).catch(
    (thrown: unknown) => thrown,
  )) as { code?: string; message: string };
  expect(error.code).toBe("unsupported");
  expect(error.message).not.toContain("hunter2");
});

test("the MAC is checked", async () => {
  const text = (await lock("a_unencrypted: 1\nb: 2\n")).replace("a_unencrypted: 1", "a_unencrypted: 3");
  await expect(variables(text, options)).rejects.toMatchObject({ code: "mac_mismatch" });
  expect((await variables(text, { ...options, ignoreMac: true })).variables.get("a_unencrypted")).toBe("3");
});
