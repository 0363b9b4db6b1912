/** Commands of sops 3.13 that this command does not have. */
export const sopsCommands: ReadonlySet<string> = new Set(["publish"]);
