import { SopsError } from "@isosops/core/errors";
import type { EnvConvention } from "./env-files.js";
import type { LoadEnvOptions } from "./load-env.js";

/**
 * The options that variables give: `ISOSOPS_ENV_FILE` (names separated by commas), `ISOSOPS_ENV_FOLDER`,
 * `ISOSOPS_ENV_MODE`, `ISOSOPS_ENV_CONVENTION`, `ISOSOPS_ENV_OVERRIDE` (`true` or `false`). An empty one counts as not set.
 *
 * @throws {SopsError} `invalid_option`
 */
export function configOptions(env: Readonly<Record<string, string | undefined>>): LoadEnvOptions {
  const files = (env.ISOSOPS_ENV_FILE ?? "")
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  return {
    files: files.length === 0 ? undefined : files,
    folder: env.ISOSOPS_ENV_FOLDER || undefined,
    mode: env.ISOSOPS_ENV_MODE || undefined,
    convention: oneOf<EnvConvention>(env, "ISOSOPS_ENV_CONVENTION", ["next", "vite"]),
    override: oneOf(env, "ISOSOPS_ENV_OVERRIDE", ["true", "false"]) === "true",
  };
}

function oneOf<Value extends string>(
  env: Readonly<Record<string, string | undefined>>,
  name: string,
  values: readonly Value[],
): Value | undefined {
  const given = env[name];
  if (!given) return undefined;
  const value = values.find((known) => known === given);
  if (value !== undefined) return value;
  throw new SopsError("invalid_option", `${name} must be ${values.join(" or ")}.`);
}
