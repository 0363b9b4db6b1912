import type { KeyType } from "isosops";
import { decryptBundled } from "../bundled/index.js";
import { lazySources, loadKind } from "../keys/kinds.js";
import { exportedNames } from "../types/exported-names.js";
import { literal } from "./literal.js";
import type { SecretFile } from "./secret-file.js";

/** The modules in `bundled/keys`, by the type of keys. */
const keyModules: Readonly<Record<Exclude<KeyType, "age">, string>> = {
  azure_kv: "azure",
  gcp_kms: "gcp",
  hc_vault: "vault",
  hckms: "huawei",
  kms: "aws",
  pgp: "pgp",
};

/**
 * The module that a bundle contains for a file: its default export is the decrypted data, and each key at the top that
 * is a name of JavaScript is an export, too.
 *
 * @param inline - Whether to decrypt now. Otherwise the module contains the encrypted file.
 * @throws {SopsError} if the file is to be decrypted now, and cannot be.
 */
export async function moduleCode(secret: SecretFile, inline: boolean): Promise<string> {
  const body = inline ? await inlined(secret) : await embedded(secret);
  return `${body}export default data;\n${namedExports(secret)}`;
}

/** A module with the same exports, all undefined, for a build that will end with an error. */
export function refusedCode(secret: SecretFile | undefined): string {
  const names = secret === undefined ? [] : exportedNames(secret.document.branches[0]!);
  const exports = names.map((name) => `, nothing as ${name}`).join("");
  return `const nothing = undefined;\nexport { nothing as default${exports} };\n`;
}

async function embedded({ name, format, text, metadata }: SecretFile): Promise<string> {
  const types = new Set(metadata.keyGroups.flat().map(({ type }) => type));
  const modules = (Object.entries(keyModules) as [keyof typeof keyModules, string][]).filter(([type]) =>
    types.has(type),
  );
  // An error here says what to install; in the bundle it would be a module that is missing.
  for (const [type] of modules) await loadKind(type);
  const imports = modules.map(
    ([type, module]) => `import { source as ${type} } from "@isosops/node/bundled/keys/${module}";\n`,
  );
  return `import { decryptBundled } from "@isosops/node/bundled";
import { store } from "@isosops/node/bundled/formats/${format}";
${imports.join("")}const data = await decryptBundled(${JSON.stringify(text)}, { filename: ${JSON.stringify(name)}, store, keySources: [${modules.map(([type]) => `${type}()`).join(", ")}] });
`;
}

async function inlined({ name, format, text }: SecretFile): Promise<string> {
  const { loadStore } = await import("@isosops/formats/load");
  const data = await decryptBundled(text, {
    filename: name,
    store: await loadStore(format),
    keySources: lazySources(),
  });
  return `const data = ${literal(data)};\n`;
}

function namedExports(secret: SecretFile): string {
  const names = exportedNames(secret.document.branches[0]!);
  if (names.length === 0) return "";
  // Behind other names, since a key may be called `data` or `store`.
  const constants = names.map((name, index) => `const export${index}_ = data.${name};\n`).join("");
  return `${constants}export { ${names.map((name, index) => `export${index}_ as ${name}`).join(", ")} };\n`;
}
