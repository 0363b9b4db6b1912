/** What sops says of a file that none of its keys opened (usererrors.go, and `formatError` of age/keysource.go). */

const head = "Failed to get the data key required to decrypt the SOPS file.";

/** The words of sops for an error, with what programs tell a missing identity from a wrong one by. */
export function notRecoveredWords(error: Error): string {
  const reason = reasonOf(error);
  const lines = reason === "" ? [] : [wrap(reason, 60).replace(/^/gm, "      | ").replace(/^ {6}/, "    - ")];
  return [head, ...lines, wrap(trailer(error.message), 75)].join("\n\n");
}

/** Of age only: the reasons of other keys are those of their services, and stand in our message. */
function reasonOf(error: Error): string {
  const tried = triedOf(error);
  if (tried === undefined) return "";
  const places = tried.map(readPlace);
  const count = places.reduce((sum, place) => sum + place.count, 0);
  const failures = places.flatMap(({ failure }) => (failure === undefined ? [] : [failure]));
  // The file in the user's configuration folder, which is the last, is named only if there is no other.
  const missing = places.slice(0, places.slice(0, -1).some(({ isRead }) => isRead) ? -1 : undefined);
  const unused = [...missing.filter(({ isRead }) => !isRead), ...places.filter(({ isRead }) => isRead)].flatMap(
    ({ unused }) => (unused === undefined ? [] : [unused]),
  );
  const notMatched =
    count === 1
      ? "identity did not match any of the recipients: incorrect identity for recipient block"
      : "no identity matched any of the recipients";
  return [
    count === 0
      ? "failed to load age identities"
      : `failed to create reader for decrypting sops data key with age: ${notMatched}`,
    ...(failures.length === 0 ? [] : [`. Errors while loading age identities: ${failures.join("; ")}`]),
    ...(unused.length === 0 ? [] : [`. Did not find keys in location${listed(unused)}.`]),
  ].join("");
}

function triedOf(error: Error): readonly string[] | undefined {
  for (let one: unknown = error; one instanceof Error; one = one.cause) {
    if ("tried" in one) return one.tried as readonly string[];
  }
  return undefined;
}

interface Place {
  /** Of its identities. */
  readonly count: number;
  /** Whether there was something to read. */
  readonly isRead: boolean;
  readonly failure?: string;
  /** Its name, if it has no identities. */
  readonly unused?: string;
}

/** What sops would say of a place, by its description: `SOPS_AGE_KEY_FILE, /keys.txt (no such file)`. */
function readPlace(text: string): Place {
  const [, place = text, what = ""] = /^(.*) \((.*)\)$/s.exec(text) ?? [];
  const [, variable, path = place] = /^(SOPS_\w+)(?:, (.*))?$/s.exec(place) ?? [];
  const name = variable ?? path;
  const count = Number(/^(\d+) (?:SSH )?keys?\b/.exec(what)?.[1] ?? (what === "an encrypted identity file" ? 1 : 0));
  if (count > 0) return { count, isRead: true };
  const failed = (failure: string, isRead = false): Place => ({ count, isRead, failure });
  const opening = variable === "SOPS_AGE_KEY_FILE" ? "failed to open SOPS_AGE_KEY_FILE file" : "failed to open file";
  if (what === "no such file" && variable !== undefined) {
    return failed(`${opening}: open ${path}: no such file or directory`);
  }
  if (what === "permission denied") return failed(`${opening}: open ${path}: ${what}`);
  if (what.startsWith("no key, "))
    return failed(`failed to parse '${name}' age identities: unknown identity type`, true);
  // The command may hold a secret, so it is not named, as it is by sops.
  const exit = /^the command failed with exit code (\d+)/.exec(what)?.[1];
  if (exit !== undefined) return failed(`failed to execute command: exit status ${exit}`);
  if (what.startsWith("the command ")) return failed("failed to execute command: executable file not found in $PATH");
  return { count, isRead: !/^(?:not set|no such file|not run)$/.test(what), unused: name };
}

function listed(names: readonly string[]): string {
  const quoted = names.map((name) => `'${name}'`);
  if (quoted.length < 3) return `${quoted.length === 1 ? "" : "s"} ${quoted.join(" and ")}`;
  return `s ${quoted.slice(0, -1).join(", ")}, and ${quoted.at(-1)}`;
}

function trailer(message: string): string {
  const [, needed, found] = /It needs (\d+) of its \d+ key groups, and (\d+) w/.exec(message) ?? [];
  return needed === undefined
    ? "Recovery failed because no master key was able to decrypt the file. In order for SOPS to recover the file, at least one key has to be successful, but none were."
    : `Recovery failed because the file was encrypted with a Shamir threshold of ${needed}, but only ${found} part(s) were successfully recovered, one for each successful key group. In order for SOPS to recover the file, at least ${needed} groups have to be successful. In order for a group to be successful, decryption has to succeed with any of the keys in that key group.`;
}

/** As go-wordwrap, with which sops breaks lines. */
function wrap(text: string, width: number): string {
  let result = "";
  let length = 0;
  for (const word of text.split(" ")) {
    const breaks = length > 0 && length + 1 + word.length > width;
    result += length === 0 ? word : `${breaks ? "\n" : " "}${word}`;
    length = breaks || length === 0 ? word.length : length + 1 + word.length;
  }
  return result;
}
