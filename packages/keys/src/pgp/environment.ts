import type { PgpSourceOptions } from "./source.js";

/**
 * Private keys from environment variables that sops does not have: `SOPS_GPG_KEY`, one or more armored private keys, and
 * `SOPS_GPG_PASSPHRASE`, their passphrase. Returns `{}` if there is no key.
 *
 * For programs without a keyring, such as CI jobs or Workers: `pgpSource(readPgpEnvironment(env))`, where `env` is
 * `process.env`, or the bindings of a Worker.
 */
export function readPgpEnvironment(env: Readonly<Record<string, unknown>>): PgpSourceOptions {
  const key = textOf(env, "SOPS_GPG_KEY");
  if (key === undefined) return {};
  const passphrase = textOf(env, "SOPS_GPG_PASSPHRASE");
  return { privateKeys: key, passphrase: passphrase === undefined ? undefined : () => passphrase };
}

function textOf(env: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = env[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}
