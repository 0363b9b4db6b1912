/** Makes the vectors: what rops encrypts `plain.toml` of each folder to, and decrypts that to. `node test-vectors/rops/make.js` */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { readKey } from "../tools.js";
import { findRops, runRops } from "./tools.js";

const rops = findRops();
if (rops === undefined) throw new Error("There is no rops on this machine; README.md says how to install it.");
const { recipient, identity } = readKey("first");
const folder = fileURLToPath(new URL("data", import.meta.url));
for (const name of readdirSync(folder)) {
  const { flags } = JSON.parse(readFileSync(`${folder}/${name}/case.json`, "utf8"));
  const encrypted = runRops(
    rops,
    ["encrypt", "--age", recipient, ...flags],
    readFileSync(`${folder}/${name}/plain.toml`, "utf8"),
    identity,
  );
  writeFileSync(`${folder}/${name}/encrypted.toml`, encrypted);
  writeFileSync(`${folder}/${name}/decrypted.toml`, runRops(rops, ["decrypt"], encrypted, identity));
}
