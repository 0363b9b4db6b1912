/** The files and the key that the blocks of the README find. */
import { mkdirSync, writeFileSync } from "node:fs";
import { encrypt, generateIdentity } from "isosops";

const { identity, recipient } = await generateIdentity();
const recipients = [recipient];

mkdirSync("secrets");
writeFileSync(".env", (await encrypt("TOKEN=abc\n", { format: "dotenv", recipients })).text);
writeFileSync("secrets/app.yaml", (await encrypt("password: hunter2\n", { format: "yaml", recipients })).text);
writeFileSync("key.txt", `${identity}\n`);
process.env.SOPS_AGE_KEY_FILE = "key.txt";
