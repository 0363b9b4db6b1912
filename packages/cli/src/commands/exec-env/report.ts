import { warn } from "../../terminal/messages.js";

export function warnOfBackground(operation: string): void {
  warn(`${operation}'s --background option is deprecated in sops: add \`&\` to the command of your shell instead.`);
}
