import { foldName } from "@isosops/core/select";

/**
 * Whether the name of a key is one that secrets have. Names such as `existingSecret` and `secretName` refer to a secret,
 * and do not count.
 */
export function isSecretName(key: string): boolean {
  const name = foldName(key);
  return (
    /(?:password|passwd|passphrase|secret|token|apikey|privatekey|accesskey|secretkey|credentials?|connectionstring|dockerconfigjson)$/.test(
      name,
    ) && !/^existing|(?:pull|tls|cert|certificate|credentials?|password)secret$/.test(name)
  );
}
