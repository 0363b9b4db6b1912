import { decrypt, extract } from "isosops";
import { loadConfig } from "../config-file.js";
import type { Invocation } from "../flags/shared.js";
import { chooseFormats, chooseIndent } from "../formats.js";
import { findIdentities, namingPlaces } from "../identities.js";
import { checkExists, inputName, readInput } from "../input.js";
import { warnOf } from "../messages.js";
import { checkOutputFlags, writeOutput } from "../output.js";
import { namingFile } from "./naming-file.js";

/** `isosops decrypt`. */
export async function decryptCommand(invocation: Invocation): Promise<void> {
  const { file, options } = invocation;
  checkOutputFlags(invocation);
  checkExists(file);
  const formats = chooseFormats(invocation);
  const config = await loadConfig(options.config);
  const source = await readInput(invocation);
  const { identities, tried } = await findIdentities();
  const decryption = {
    ...formats,
    identities,
    layout: options.layout,
    indent: chooseIndent(options, config, formats.outputFormat),
    ignoreMac: options.ignoreMac,
    filename: inputName(invocation),
  };
  // The bytes of a part are made when they are asked for, and may be what the output format cannot hold.
  const { bytes, warnings } = await namingFile(invocation, () =>
    namingPlaces(tried, async () => {
      const { extract: path } = options;
      const { bytes, warnings } = await (path ? extract(source, { ...decryption, path }) : decrypt(source, decryption));
      return { bytes, warnings };
    }),
  );
  warnOf(inputName(invocation), warnings);
  await writeOutput(invocation, bytes, { source });
}
