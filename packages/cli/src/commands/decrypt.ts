import { decrypt, SopsError } from "isosops";
import { loadConfig } from "../config-file.js";
import type { Invocation } from "../flags/shared.js";
import { chooseFormats, chooseIndent } from "../formats.js";
import { findIdentities } from "../identities.js";
import { checkExists, inputName, readInput } from "../input.js";
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
  const { bytes } = await namingFile(invocation, async () => {
    try {
      return await decrypt(source, {
        ...formats,
        identities,
        layout: options.layout,
        indent: chooseIndent(options, config, formats.outputFormat),
        ignoreMac: options.ignoreMac,
        filename: inputName(invocation),
      });
    } catch (error) {
      if (!(error instanceof SopsError) || !/^no_(matching_)?identit/.test(error.code)) throw error;
      throw new SopsError(error.code, `${error.message} Looked in: ${tried.join("; ")}.`, { cause: error });
    }
  });
  await writeOutput(invocation, bytes);
}
