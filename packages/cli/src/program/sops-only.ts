/** Commands of sops 3.13 that this command does not have. */
export const sopsCommands: ReadonlySet<string> = new Set(["groups", "keyservice", "publish", "rotate", "updatekeys"]);

/** Flags of sops 3.13 that this command does not have. */
export const sopsFlags: ReadonlySet<string> = new Set([
  "--add-age",
  "--add-azure-kv",
  "--add-gcp-kms",
  "--add-hc-vault-transit",
  "--add-hckms",
  "--add-kms",
  "--add-pgp",
  "--check-for-updates",
  "--disable-version-check",
  "--enable-local-keyservice",
  "--keyservice",
  "--rm-age",
  "--rm-azure-kv",
  "--rm-gcp-kms",
  "--rm-hc-vault-transit",
  "--rm-hckms",
  "--rm-kms",
  "--rm-pgp",
  "--rotate",
  "-r",
]);
