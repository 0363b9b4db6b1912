/** The file and the key that the blocks of the README find. */
import { writeFileSync } from "node:fs";
import { encrypt, generateIdentity } from "isosops";

const { identity, recipient } = await generateIdentity();
const { text } = await encrypt("password: hunter2\n", { format: "yaml", recipients: [recipient] });

writeFileSync("secret.yaml", text);
process.env.SOPS_AGE_KEY = identity;
