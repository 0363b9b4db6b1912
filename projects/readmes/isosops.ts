/** What the blocks of the README call your file and your key. */
import { mkdirSync, writeFileSync } from "node:fs";
import { encrypt, generateIdentity } from "isosops";

const { identity, recipient } = await generateIdentity();
const options = { format: "yaml", recipients: [recipient], encryptedRegex: "^(password)$" } as const;

export const identities = [identity];
export const { text } = await encrypt("user: app\npassword: hunter2\n", options);
/** Edited by hand: the name of the user is another one. */
export const edited: string = text.replace("user: app", "user: shop");
export const ask = (..._: unknown[]): boolean => true;
export const paths = ["a.yaml", "b.yaml"];

mkdirSync("secrets");
writeFileSync("secrets/app.yaml", "password: hunter2\n");
writeFileSync(".sops.yaml", `creation_rules:\n  - path_regex: ^secrets/\n    age: ${recipient}\n`);
