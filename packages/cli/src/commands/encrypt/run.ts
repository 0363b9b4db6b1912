import { type ConfigFile, ruleForFile } from "@isosops/node/internal/config/config-file";
import { type CreationRule, encrypt, SopsError } from "isosops";
import { loadConfig } from "../../files/config-file.js";
import { chooseFormats, chooseIndent, chooseLayout, extensionHint } from "../../files/formats.js";
import { checkExists, inputName, readInput } from "../../files/input.js";
import { checkOutputFlags, writeOutput } from "../../files/output.js";
import { isLong } from "../../files/pieces.js";
import { withFileName } from "../../files/with-file-name.js";
import type { Invocation, Options } from "../../flags/invocation.js";
import { addOrganisationKey, chooseKeyGroups, chooseThreshold } from "../../keys/recipients.js";
import { sayIfVerbose } from "../../keys/say-if-verbose.js";
import { CommandError } from "../../program/command-error.js";
import { exitCodes } from "../../program/exit-codes.js";
import { warn, warnOf } from "../../terminal/messages.js";
import { checkSelectFlags, isEncrypted, refuseDeselect, reselectFile, selects, warnOfExtra } from "./select.js";

/** `isosops encrypt`. Checks run in the order of sops, so that of several errors the same one is reported. */
export async function encryptCommand(invocation: Invocation): Promise<void> {
  const { file } = invocation;
  checkOutputFlags(invocation);
  checkExists(file);
  const named = file ?? (invocation.options.filenameOverride || ".");
  const options = await addOrganisationKey(invocation.options, named);
  const formats = chooseFormats(invocation);
  const config = await loadConfig(options.config);
  const creationRule = await chooseCreationRule(invocation, config);
  // A selection replaces the rule.
  const rule = formats.format === "binary" ? {} : chooseRule(options, selects(options) ? undefined : creationRule);
  const selectInput = selects(options) ? await readInput(invocation) : undefined;
  if (selectInput !== undefined) {
    checkSelectFlags(options, Object.keys(rule).length > 0);
    if (await isEncrypted(invocation, selectInput, formats))
      return await reselectFile({ ...invocation, options }, selectInput, formats);
    refuseDeselect(invocation);
  }
  const keyGroups = await chooseKeyGroups(options, config, creationRule, named);
  const { select, allowExtra, allowUnmatched } = options;
  if (selectInput === undefined && isLong(file, formats)) {
    const { encryptLong } = await import("./long.js");
    await encryptLong(invocation, file!, {
      keyGroups,
      shamirThreshold: chooseThreshold(options, creationRule, keyGroups.length),
      indent: chooseIndent(options, config, formats.outputFormat),
    });
    const hint = extensionHint(invocation, formats.format);
    if (hint !== undefined) warn(`${file}: ${hint}`);
    return;
  }
  const source = selectInput ?? (await readInput(invocation));
  try {
    const { bytes, encryptedValues, extra, metadata, warnings } = await withFileName(invocation, () =>
      encrypt(source, {
        ...formats,
        ...(select === undefined ? rule : { select, allowExtra, allowUnmatched }),
        keyGroups,
        shamirThreshold: chooseThreshold(options, creationRule, keyGroups.length),
        allowLoss: options.allowLoss,
        layout: chooseLayout(options),
        indent: chooseIndent(options, config, formats.outputFormat),
        macOnlyEncrypted: options.macOnlyEncrypted || creationRule?.macOnlyEncrypted,
        filename: inputName(invocation),
      }),
    );
    await sayIfVerbose(options, ({ sayEncrypted }) => sayEncrypted(metadata.keyGroups.flat()));
    await writeOutput(invocation, bytes, { source, wasEncrypted: false });
    const hint = extensionHint(invocation, formats.format);
    if (hint !== undefined) warn(`${inputName(invocation)}: ${hint}`);
    warnOfExtra(invocation, extra);
    warnOf(inputName(invocation), warnings);
    // sops gives no warning, and a mistyped key is committed in plain text.
    if (encryptedValues === 0 && !isPlaceholder(source)) {
      warn(
        `${inputName(invocation)}: nothing was encrypted: the rule selects no value, or only empty ones. Check the spelling of the keys; they are case-sensitive.`,
      );
    }
  } catch (error) {
    // To sops, a JSON file without a value is malformed, and so is YAML with only comments and blank lines. An empty
    // YAML file has its own exit code.
    const isBroken = formats.format === "json" || source.length > 0;
    if (!(error instanceof SopsError) || error.code !== "empty" || !isBroken) throw error;
    throw new CommandError(exitCodes.readInput, error.message, error);
  }
}

/** Whether a file has nothing to encrypt yet: `{}`, which scripts write and encrypt before they set values in it. */
function isPlaceholder(source: Uint8Array): boolean {
  return source.length < 100 && /^\s*(?:---\s*)?(?:\{\s*\}\s*)?$/.test(Buffer.from(source).toString("latin1"));
}

const ruleFlags = [
  ["encryptedRegex", "--encrypted-regex"],
  ["unencryptedRegex", "--unencrypted-regex"],
  ["encryptedSuffix", "--encrypted-suffix"],
  ["unencryptedSuffix", "--unencrypted-suffix"],
  ["encryptedCommentRegex", "--encrypted-comment-regex"],
  ["unencryptedCommentRegex", "--unencrypted-comment-regex"],
] as const;

/** If there are creation rules, one of them must match the file, even if flags give everything it would. */
export async function chooseCreationRule(
  invocation: Invocation,
  config: ConfigFile | undefined,
): Promise<CreationRule | undefined> {
  if (config?.config.creationRules === undefined) return undefined;
  const name = invocation.options.filenameOverride || invocation.file!;
  const rule = await ruleForFile(config, name);
  if (rule !== undefined) return rule;
  throw new CommandError(
    exitCodes.generic,
    `${name}: no creation rule of ${config.path} matches this file. Add one whose \`path_regex\` matches its path from there, or one without \`path_regex\` at the end.`,
    undefined,
    { text: "error loading config: no matching creation rules found" },
  );
}

/** The rule from the flags, else from the creation rule (cmd/sops/main.go, `getEncryptConfig`). */
export function chooseRule(
  options: Options,
  creationRule: CreationRule | undefined,
): Partial<Record<(typeof ruleFlags)[number][0], string>> {
  // As in sops, an empty value counts as not given.
  const given = ruleFlags.filter(([name]) => options[name] || creationRule?.[name]);
  if (given.length > 1) {
    const named = given.map(([name, flag]) => (options[name] ? flag : `\`${flag.slice(2).replaceAll("-", "_")}\``));
    const about = given.some(([name]) => !options[name])
      ? ` Settings in \`backquotes\` are from the creation rule on line ${creationRule!.line} of the configuration.`
      : "";
    throw new CommandError(
      exitCodes.conflictingParameters,
      `A file has one rule for which values are encrypted, so ${named.join(" and ")} are mutually exclusive: give one.${about}`,
    );
  }
  return Object.fromEntries(given.map(([name]) => [name, options[name] || creationRule?.[name]]));
}
