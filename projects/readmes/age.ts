/** What the blocks of the README call your bytes, your files and your friends. */
import { writeFileSync } from "node:fs";
import { encrypt, generateIdentity } from "@isosops/age";

const { identity: myIdentity, recipient: me } = await generateIdentity();
const plain = new Uint8Array(200_000).fill(7);
const encrypted = await encrypt(plain, [me]);

export const bytes = new Uint8Array([1, 2, 3]);
export const alice: string = me;
export const bob: string = (await generateIdentity()).recipient;
export const identity: string = myIdentity;
export const recipient: string = me;
export const file = await encrypt(bytes, [me]);
export const askForPassphrase = (): string => "correct horse battery staple";
export const ask = async (_: string, _options: { hidden: boolean }): Promise<string> => "123456";
export const choose = async (_: string, [yes]: readonly (string | undefined)[]): Promise<boolean> => yes !== undefined;
export const seal = async (key: Uint8Array): Promise<Uint8Array> => key.map((byte) => byte ^ 1);
export const unseal = seal;
export const url = "https://example.com/backup.zip.age";

writeFileSync("key.txt", `${myIdentity}\n`);
writeFileSync("team.txt", `# the team\n${me}\n`);
writeFileSync("secret.age", encrypted);
writeFileSync("backup.zip.age", encrypted);
writeFileSync("backup.tar", plain);

/** The server of the examples. */
globalThis.fetch = async (_, init) => {
  const range = /bytes=(\d+)-(\d+)/.exec(new Headers(init?.headers).get("range") ?? "");
  const body = range === null ? encrypted : encrypted.slice(Number(range[1]), Number(range[2]) + 1);
  const headers = { "content-length": String(encrypted.length) };
  return new Response(init?.method === "HEAD" ? null : body, { headers });
};
