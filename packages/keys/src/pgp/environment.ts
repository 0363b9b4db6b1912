import type { PgpSourceOptions } from "./source.js";

/**
 * Private keys from environment variables, which sops has not: `SOPS_GPG_KEY`, an armored private key or several one
 * behind the other, and `SOPS_GPG_PASSPHRASE`, its passphrase. `{}` if no key is there.
 *
 * For programs without a keyring, such as those of a CI or a Worker: `pgpSource(readPgpEnvironment(env))`, where `env` is
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
