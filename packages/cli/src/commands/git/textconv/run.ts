import { plainTextOf, shown } from "@isosops/git/internal/diff/plain-text";
import { keySourcesOf } from "@isosops/git/internal/diff/version";
import { hasCiphertext } from "@isosops/node/internal/guess-format";
import { fileLimit, readLimited } from "@isosops/node/internal/read-limited";
import { reasonOf } from "@isosops/node/internal/system-error";
import { SopsError } from "isosops";
import { findAllKeys } from "../../../keyring/find-all-keys.js";
import { CommandError } from "../../../program/command-error.js";
import { exitCodes } from "../../../program/exit-codes.js";
import { printable } from "../../../terminal/printable.js";
import { writeStdout } from "../../../terminal/stdout.js";
import { isForCommitMessage } from "./commit-message.js";

/** `isosops git textconv`. Git gives up on all of its output if this fails, so the output says what is wrong instead. */
export async function textconvCommand(file: string): Promise<void> {
  let content: Buffer;
  try {
    content = Buffer.from(await readLimited(file, fileLimit));
  } catch (error) {
    throw new CommandError(exitCodes.readInput, `${file}: the file cannot be read: ${reasonOf(error)}.`, error);
  }
  await writeStdout(await convert(content, file));
}

async function convert(content: Buffer, file: string): Promise<string> {
  if (await isForCommitMessage()) {
    const why = "because Git keeps the message of a commit in a file";
    // What is not encrypted may be what the filter has decrypted.
    return hasCiphertext(content)
      ? `# isosops: encrypted, ${why}.\n${shown(content)}`
      : `# isosops: not shown, ${why}.\n`;
  }
  if (!hasCiphertext(content)) return shown(content);
  const found = await findAllKeys({});
  try {
    const { text, state } = await plainTextOf(content, file, keySourcesOf(found), found.decryptionOrder);
    if (state === "sealed") return `# isosops: no key at hand opens this version.\n${text}`;
    if (state === "wrong MAC") return `# isosops: the MAC of this version is wrong.\n${text}`;
    return text;
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    return `# isosops: this version cannot be decrypted: ${printable(error.message.replace(file, "it"))}\n${shown(content)}`;
  }
}
