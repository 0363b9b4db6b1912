import { decrypt } from "isosops";
import { loadConfig } from "../config-file.js";
import type { Invocation } from "../flags/shared.js";
import { chooseFormats, chooseIndent } from "../formats.js";
import { findIdentities, namingPlaces } from "../identities.js";
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
  const { bytes } = await namingFile(invocation, () =>
    namingPlaces(tried, () =>
      decrypt(source, {
        ...formats,
        identities,
        layout: options.layout,
        indent: chooseIndent(options, config, formats.outputFormat),
        ignoreMac: options.ignoreMac,
        filename: inputName(invocation),
      }),
    ),
  );
  await writeOutput(invocation, bytes);
}
