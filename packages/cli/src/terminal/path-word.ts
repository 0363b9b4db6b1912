import { quote } from "shlex";

/** A path as a word of a shell command. One that begins with `-` would be an option. */
export function pathWord(path: string): string {
  return quote(path.startsWith("-") ? `./${path}` : path);
}
