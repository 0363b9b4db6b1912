import { warn } from "../terminal/messages.js";
import { writeStdout } from "../terminal/stdout.js";

/** How long the registry may take, in milliseconds. */
const patience = 10_000;

/**
 * Say whether the npm registry (`npm_config_registry`, or that of npm) has a newer version. As with sops, it is no error if
 * that cannot be found out.
 */
export async function reportNewest(version: string): Promise<void> {
  const registry = process.env.npm_config_registry || "https://registry.npmjs.org";
  try {
    const url = new URL("@isosops/cli/latest", registry.replace(/\/*$/, "/"));
    const response = await fetch(url, { signal: AbortSignal.timeout(patience) });
    if (!response.ok) throw new Error(`HTTP status ${response.status}`);
    const { version: newest } = (await response.json()) as { version?: unknown };
    if (typeof newest !== "string" || !/^\d+\.\d+\.\d+[\w.+-]*$/.test(newest)) throw new Error("an unexpected answer");
    await writeStdout(
      newest === version
        ? "It is the newest version.\n"
        : `The newest version is ${newest}: npm install --global @isosops/cli\n`,
    );
  } catch (error) {
    const { message, cause } = error as Error;
    warn(`The newest version could not be found out: ${cause instanceof Error ? cause.message : message}.`);
  }
}
