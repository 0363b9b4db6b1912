import { formatOf, keySourcesOf } from "@isosops/git/internal/diff/version";
import { FilterError, serveFilter } from "@isosops/git/internal/filter/protocol";
import { type StoredVersions, storedVersions } from "@isosops/git/internal/filter/stored-versions";
import { ruleForFile } from "@isosops/node/internal/config/config-file";
import { resolve } from "@isosops/node/internal/file-system/paths";
import { hasCiphertext } from "@isosops/node/internal/guess-format";
import { encrypt, inspect, type KeySource, type OpenedToEdit, openToEdit, SopsError, verify } from "isosops";
import { configFinder } from "../../../files/config-file.js";
import { findAllKeys } from "../../../keyring/find-all-keys.js";
import { chooseKeyGroups, chooseThreshold } from "../../../keys/recipients.js";
import { CommandError } from "../../../program/command-error.js";
import { exitCodes } from "../../../program/exit-codes.js";
import { report, warn } from "../../../terminal/messages.js";
import { writeStdout } from "../../../terminal/stdout.js";
import { chooseRule } from "../../encrypt/run.js";
import { topFolder } from "../repository.js";

interface Keys {
  readonly keySources: readonly KeySource[];
  readonly decryptionOrder: readonly string[] | undefined;
}

/** `isosops git filter`. A file that fails is reported on stderr; Git then stages nothing. */
export async function filterCommand(): Promise<void> {
  const top = topFolder();
  const configFor = configFinder(undefined);
  let keys: Promise<Keys> | undefined;
  let versions: Promise<StoredVersions> | undefined;
  const ownKeys = (): Promise<Keys> => (keys ??= readKeys());
  try {
    await serveFilter(
      process.stdin,
      (bytes) => writeStdout(bytes),
      async (command, path, content) => {
        if (command === "smudge") return hasCiphertext(content) ? smudge(path, content, await ownKeys()) : content;
        versions ??= storedVersions(top);
        const stored = await versions;
        return clean(path, content, await stored.of(path), ownKeys, async () =>
          encryptNew(top, path, content, configFor),
        );
      },
      (path, error) => report(describe(path, error)),
    );
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    throw new CommandError(exitCodes.generic, error.message, error);
  } finally {
    if (versions !== undefined) (await versions.catch(() => undefined))?.close();
  }
}

function describe(path: string, error: unknown): unknown {
  if (!(error instanceof SopsError) || error.message.includes(path)) return error;
  return new SopsError(error.code, `${path}: ${error.message}`, { cause: error });
}

async function readKeys(): Promise<Keys> {
  const found = await findAllKeys({});
  return { keySources: keySourcesOf(found), decryptionOrder: found.decryptionOrder };
}

/** What is checked out. Without a key, and with a wrong MAC, it stays encrypted: nobody works on what nobody vouches for. */
async function smudge(path: string, content: Buffer, keys: Keys): Promise<Uint8Array> {
  try {
    return (await isEncrypted(path, content)) ? (await openVersion(path, content, keys)).bytes : content;
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    warn(`${path} stays encrypted: ${error.message}`);
    return content;
  }
}

/**
 * What is staged. What is encrypted already, as a whole, stays as it is. Of a file that has not changed it is the version that is there, byte for
 * byte; of one that has, its unchanged values keep their ciphertexts.
 */
async function clean(
  path: string,
  content: Buffer,
  stored: readonly Buffer[],
  ownKeys: () => Promise<Keys>,
  encryptNew: () => Promise<Uint8Array>,
): Promise<Uint8Array> {
  // Nothing in it is secret, and sops has no form for it.
  if (content.length === 0) return content;
  if (await isEncrypted(path, content)) {
    if (!stored.some((version) => content.equals(version))) await checkValues(path, content);
    return content;
  }
  let base: OpenedToEdit | undefined;
  for (const version of stored) {
    if (!(await isEncrypted(path, version))) continue;
    const opened = await openVersion(path, version, await ownKeys());
    if (content.equals(opened.bytes)) return version;
    base ??= opened;
  }
  if (base === undefined) return encryptNew();
  return (await base.seal(content)).bytes;
}

/** Refuses values that somebody has added to an encrypted file in plain text. */
async function checkValues(path: string, content: Buffer): Promise<void> {
  const { findings } = await verify(content, { format: formatOf(path, content), filename: path });
  const plain = findings.find(({ rule }) => rule === "plain-value");
  if (plain !== undefined) throw new SopsError("not_encrypted", `${path}: ${plain.message}`);
}

async function isEncrypted(path: string, content: Buffer): Promise<boolean> {
  if (!hasCiphertext(content)) return false;
  try {
    return (await inspect(content, { format: formatOf(path, content), filename: path })) !== undefined;
  } catch (error) {
    if (error instanceof SopsError && error.code !== "syntax") return false;
    throw error;
  }
}

function openVersion(path: string, content: Buffer, keys: Keys): Promise<OpenedToEdit> {
  return openToEdit(content, { format: formatOf(path, content), filename: path, ...keys });
}

/** A file without an encrypted version, for the keys of its rule. */
async function encryptNew(
  top: string,
  path: string,
  content: Buffer,
  configFor: ReturnType<typeof configFinder>,
): Promise<Uint8Array> {
  const file = resolve(top, ...path.split("/"));
  const config = await configFor(file);
  const creationRule = config === undefined ? undefined : await ruleForFile(config, file);
  if (creationRule === undefined) {
    throw new SopsError(
      "no_recipients",
      "no rule of .sops.yaml says whom it is to be encrypted for, so it is not staged. Add a rule, or take the file out of .gitattributes.",
    );
  }
  const format = formatOf(path, content);
  const keyGroups = await chooseKeyGroups({}, config, creationRule, file);
  const encrypted = await encrypt(content, {
    ...(format === "binary" ? {} : chooseRule({}, creationRule)),
    format,
    keyGroups,
    shamirThreshold: chooseThreshold({}, creationRule, keyGroups.length),
    macOnlyEncrypted: creationRule.macOnlyEncrypted,
    filename: path,
  });
  return encrypted.bytes;
}
