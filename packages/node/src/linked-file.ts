import { basename, dirname } from "node:path";
import { realpathSync } from "./file-system/fs.js";

/** What errors about a conflict call Git for. */
const verbs = ["checkout --ours", "checkout --theirs", "add"];

/**
 * A message whose Git commands are for the file itself where a symbolic link leads to it: by the link's name, Git would
 * take the link, and the file would stay as it is.
 *
 * @param name of the file, as in the message
 */
export async function forLinkedFile(message: string, name: string): Promise<string> {
  if (!verbs.some((verb) => message.includes(` ${verb} -- `))) return message;
  let real: string;
  try {
    real = realpathSync(name);
    // Links among the folders do not matter: Git is called in the last one.
    if (basename(real) === basename(name) && realpathSync(dirname(name)) === dirname(real)) return message;
  } catch {
    return message;
  }
  const { gitCommand } = await import("@isosops/core/verify");
  const [before, after] = [gitCommand(name), gitCommand(real)];
  return verbs.reduce(
    (text, verb) =>
      text.replaceAll(`${before.git} ${verb} -- ${before.file}\``, `${after.git} ${verb} -- ${after.file}\``),
    message,
  );
}
