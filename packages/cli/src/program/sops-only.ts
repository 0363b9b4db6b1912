/** Commands of sops 3.13 that this command does not have. */
export const sopsCommands: ReadonlySet<string> = new Set(["keyservice", "publish"]);

/** Flags of sops 3.13 that this command does not have. */
export const sopsFlags: ReadonlySet<string> = new Set(["--enable-local-keyservice", "--keyservice"]);
