import { SopsError } from "@isosops/core/errors";

/** Options of the plug-ins for bundlers. */
export interface BundlerOptions {
  /**
   * Decrypt when the bundle is built, and write the plaintext into it. Default: false. The bundle then contains the
   * encrypted file, and decrypts it when it starts.
   */
  readonly inline?: boolean | undefined;
  /** Write the types of each imported file beside it, as `isosops types` does. Default: false. */
  readonly types?: boolean | undefined;
}

/** Options of the plug-ins for bundlers that do not always know where the code will run. */
export interface ConsumerOptions extends BundlerOptions {
  /** `server`: nobody but the server gets the output of this build. Default: what the settings of the bundler say. */
  readonly consumer?: Consumer | undefined;
}

/** Who gets the output of a build. */
export type Consumer = "server" | "client";

/** @throws {SopsError} `invalid_option` */
export function checkOptions(options: ConsumerOptions, plugin: string, hasConsumer: boolean): void {
  const names = ["inline", "types", ...(hasConsumer ? ["consumer"] : [])];
  for (const [name, value] of Object.entries(options)) {
    const isKnown =
      value === undefined ||
      (name === "consumer" && hasConsumer ? value === "server" || value === "client" : typeof value === "boolean");
    if (names.includes(name) && isKnown) continue;
    const consumers = hasConsumer ? '; `consumer` is "server" or "client"' : "";
    throw new SopsError(
      "invalid_option",
      `${plugin}: \`${name}\` is ${names.includes(name) ? "of the wrong type" : "no option"}. \`inline\` and \`types\` are true or false${consumers}.`,
    );
  }
}
