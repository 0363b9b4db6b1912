/** Print lines of sops's log, with `--verbose`. */
export async function sayIfVerbose(
  { verbose }: { readonly verbose?: boolean | undefined },
  say: (log: typeof import("./sops-log.js")) => void,
): Promise<void> {
  if (verbose === true) say(await import("./sops-log.js"));
}
