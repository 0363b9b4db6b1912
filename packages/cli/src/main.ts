import { type Invocation, parseArguments, type Question } from "./arguments.js";
import { exitCodeFor } from "./exit-codes.js";
import { report, warn } from "./messages.js";
import { writeStdout } from "./stdout.js";

/**
 * Run the command as a user calls it. Sets `process.exitCode`; all that goes wrong is said on stderr, and stdout gets
 * a whole result or nothing.
 *
 * @param argv the arguments alone, without the runtime and the script
 */
export async function main(argv: readonly string[]): Promise<void> {
  // Where nobody reads the messages any more, there is nothing left to say.
  process.stderr.on("error", () => {});
  let invocation: Invocation | Question | undefined;
  try {
    invocation = parseArguments(argv);
    await run(invocation);
  } catch (error) {
    report(error);
    process.exitCode = exitCodeFor(error, invocation?.operation);
  }
}

// Each command brings the engine with it, which `--version`, `--help` and a mistyped flag need not wait for.
async function run(invocation: Invocation | Question): Promise<void> {
  switch (invocation.operation) {
    case "help":
      return await writeStdout(invocation.text);
    case "version": {
      const { version } = await import("./version.js");
      return await writeStdout(`isosops ${version()}\n`);
    }
    case "encrypt": {
      const { encryptCommand } = await import("./commands/encrypt.js");
      warnOfIgnored(invocation);
      return await encryptCommand(invocation);
    }
    case "decrypt": {
      const { decryptCommand } = await import("./commands/decrypt.js");
      warnOfIgnored(invocation);
      return await decryptCommand(invocation);
    }
  }
}

function warnOfIgnored({ ignored }: Invocation): void {
  if (ignored.length > 0) warn(`only one file is taken at a time: ${ignored.join(", ")} was left alone.`);
}
