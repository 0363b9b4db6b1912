/** What the tests of bundlers have in common: an encrypted file, and the search for its plaintext. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { encrypt, generateIdentity } from "isosops";
import type { Project } from "./harness.js";

/** In every value that nobody may see. */
export const marker = "correct-horse-battery";

/** A file of every type of value. */
export const plaintext = `# ${marker} of the comment
database:
    user: app
    password: ${marker}
    port: 5432
    ratio: 1.5
    tls: true
    serial: 1234567890123456789
    hosts:
        - db1
        - db2
    since: 2024-02-29T12:00:00Z
    note: null
pass-word: ${marker}-two
data: ${marker}-three
`;

/** What the module of the file exports, as `print` writes it. */
export const printed = {
  database: {
    user: "app",
    password: marker,
    port: 5432,
    ratio: 1.5,
    tls: true,
    serial: "1234567890123456789",
    hosts: ["db1", "db2"],
    since: "2024-02-29T12:00:00.000Z",
    note: null,
  },
  "pass-word": `${marker}-two`,
  data: `${marker}-three`,
};

/** Code that prints what a module has imported. */
export const print = "JSON.stringify(secrets, (key, value) => typeof value === 'bigint' ? String(value) : value)";

const pair = await generateIdentity();
export const { identity } = pair;

/** Where the key is: in the environment of the server, or of the build. */
export const withKey = { env: { SOPS_AGE_KEY: identity } };

export async function encrypted(
  format: "yaml" | "json" | "dotenv" | "ini" | "binary" | "toml",
  text: string,
): Promise<string> {
  return (await encrypt(text, { format, recipients: [pair.recipient] })).text;
}

/** The files of a project that contain a text. */
export function filesWith(project: Project, text: string, folder = "."): string[] {
  return project.list(folder).filter((name) => readFileSync(join(project.path, name)).includes(text));
}
