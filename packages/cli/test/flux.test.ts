/**
 * What the guide says of Flux: kustomize-controller gives each object to sops by itself, as JSON without comments, and looks at no MAC
 * (`internal/decryptor/decryptor.go`, `DecryptResource` and `SopsDecryptWithFormat`). Here the sops command is given the same.
 */
import { describe, expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { first, isosops, makeFolder, run, skippedWithoutSops, sops, tools } from "./support.js";

const secret = (name: string) => `apiVersion: v1
kind: Secret
metadata:
  name: ${name}
stringData:
  username: shop
  # secret
  password: plain-secret-1
`;

async function encrypted(text: string, ...rule: string[]): Promise<string> {
  const cwd = makeFolder({ "shop.yaml": text });
  const outcome = await isosops(["encrypt", "--age", first.recipient, ...rule, "shop.yaml"], { cwd });
  expect(outcome).toMatchObject({ exit: 0 });
  return outcome.stdout;
}

if (sops === undefined) test.skip(`sops stands for Flux${skippedWithoutSops}`, () => {});

describe.each(tools.findSops())("Flux with sops $version", ({ path }) => {
  const decrypt = (object: object, ...flags: string[]) => {
    const cwd = makeFolder({ "object.json": JSON.stringify(object) });
    const all = ["--disable-version-check", "--decrypt", ...flags, "object.json"];
    return run(path, all, { cwd, env: { SOPS_AGE_KEY: first.identity } });
  };
  const objectsOf = (text: string) => parseAllDocuments(text).map((document) => document.toJS());

  test("decrypts each document of a file by itself", async () => {
    const text = await encrypted(`${secret("a")}---\n${secret("b")}`, "--encrypted-regex", "^password$");
    const objects = objectsOf(text);
    expect(objects).toHaveLength(2);
    for (const [index, object] of objects.entries()) {
      const { exit, stdout } = await decrypt(object, "--ignore-mac");
      expect(exit).toBe(0);
      expect(JSON.parse(stdout)).toEqual(parse(secret(index === 0 ? "a" : "b")));
      // The MAC is that of the whole file.
      expect((await decrypt(object)).exit).toBe(51);
    }
  });

  test("does not notice what was changed", async () => {
    const text = await encrypted(secret("a"), "--encrypted-regex", "^password$");
    const { exit, stdout } = await decrypt(parse(text.replace("username: shop", "username: root")), "--ignore-mac");
    expect(exit).toBe(0);
    expect(JSON.parse(stdout).stringData.username).toBe("root");
    const cwd = makeFolder({ "shop.yaml": text.replace("username: shop", "username: root") });
    const env = { SOPS_AGE_KEY: first.identity };
    expect(await isosops(["decrypt", "shop.yaml"], { cwd, env })).toMatchObject({ exit: 51, stdout: "" });
  });

  test("leaves what comments choose as it is", async () => {
    const text = await encrypted(secret("a"), "--encrypted-comment-regex", "secret");
    expect(text).toMatch(/password: ENC\[/);
    const { stdout } = await decrypt(parse(text), "--ignore-mac");
    expect(JSON.parse(stdout).stringData.password).toMatch(/^ENC\[/);
  });
});
