import { encrypt, SopsError } from "isosops";
import { CommandError } from "../command-error.js";
import { exitCodes } from "../exit-codes.js";
import type { Invocation, Options } from "../flags/shared.js";
import { chooseFormats } from "../formats.js";
import { checkExists, inputName, readInput } from "../input.js";
import { warn } from "../messages.js";
import { checkOutputFlags, writeOutput } from "../output.js";
import { chooseRecipients } from "../recipients.js";
import { namingFile } from "./naming-file.js";

/** `isosops encrypt`. The checks stand in the order in which sops makes them, so that the same one speaks first. */
export async function encryptCommand(invocation: Invocation): Promise<void> {
  const { file, options } = invocation;
  checkOutputFlags(invocation);
  checkExists(file);
  const formats = chooseFormats(invocation);
  const rule = chooseRule(options);
  const recipients = chooseRecipients(options);
  const source = await readInput(invocation);
  try {
    const { bytes, encryptedValues } = await namingFile(invocation, () =>
      encrypt(source, {
        ...formats,
        ...rule,
        recipients,
        layout: options.layout,
        indent: options.indent,
        macOnlyEncrypted: options.macOnlyEncrypted,
        filename: inputName(invocation),
      }),
    );
    await writeOutput(invocation, bytes);
    // sops says nothing, and a mistyped key goes into Git in plain text.
    if (encryptedValues === 0) {
      warn(
        `${inputName(invocation)}: nothing was encrypted, since the rule selects no value, or only empty ones. Check how the keys are spelled; the case counts.`,
      );
    }
  } catch (error) {
    // To sops an empty JSON file is a broken one; only an empty YAML file has an exit code of its own.
    if (!(error instanceof SopsError) || error.code !== "empty" || formats.format !== "json") throw error;
    throw new CommandError(exitCodes.readInput, error.message, error);
  }
}

const ruleFlags = [
  ["encryptedRegex", "--encrypted-regex"],
  ["unencryptedRegex", "--unencrypted-regex"],
  ["encryptedSuffix", "--encrypted-suffix"],
  ["unencryptedSuffix", "--unencrypted-suffix"],
  ["encryptedCommentRegex", "--encrypted-comment-regex"],
  ["unencryptedCommentRegex", "--unencrypted-comment-regex"],
] as const;

function chooseRule(options: Options): Partial<Record<(typeof ruleFlags)[number][0], string>> {
  // An empty value counts as none, as it does for sops.
  const given = ruleFlags.filter(([name]) => options[name]);
  if (given.length > 1) {
    const flags = given.map(([, flag]) => flag).join(" and ");
    throw new CommandError(
      exitCodes.conflictingParameters,
      `A file has one rule that says which values are encrypted, so ${flags} exclude each other: give one.`,
    );
  }
  return Object.fromEntries(given.map(([name]) => [name, options[name]]));
}
