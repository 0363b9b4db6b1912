import { decrypt, extract } from "isosops";
import { loadSettings } from "../../files/config-file.js";
import { chooseFormats, chooseIndent, chooseLayout } from "../../files/formats.js";
import { checkExists, inputName, readInput } from "../../files/input.js";
import { checkOutputFlags, writeOutput } from "../../files/output.js";
import { isLong } from "../../files/pieces.js";
import { withFileName } from "../../files/with-file-name.js";
import type { Invocation } from "../../flags/invocation.js";
import { findKeys } from "../../keys/find-keys.js";
import { withPlacesTried } from "../../keys/identities.js";
import { warnOf } from "../../terminal/messages.js";

/** `isosops decrypt`. */
export async function decryptCommand(invocation: Invocation): Promise<void> {
  const { file, options } = invocation;
  checkOutputFlags(invocation);
  checkExists(file);
  const formats = chooseFormats(invocation);
  const config = await loadSettings(options.config);
  if (!options.extract && isLong(file, formats)) {
    const { decryptLong } = await import("./long.js");
    if (await decryptLong(invocation, file!)) return;
  }
  const source = await readInput(invocation);
  const { tried, ...keys } = await findKeys(options);
  const decryption = {
    ...formats,
    ...keys,
    indent: chooseIndent(options, config, formats.outputFormat),
    ignoreMac: options.ignoreMac,
    filename: inputName(invocation),
  };
  const { bytes, warnings } = await withFileName(invocation, () =>
    withPlacesTried(tried, async () => {
      const { extract: path } = options;
      return path
        ? extract(source, { ...decryption, path })
        : decrypt(source, { ...decryption, layout: chooseLayout(options) });
    }),
  );
  warnOf(inputName(invocation), warnings);
  await writeOutput(invocation, bytes, { source });
}
