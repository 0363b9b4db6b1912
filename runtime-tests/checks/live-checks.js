/**
 * The kinds of keys that ask a service by `fetch`, each against the service that sops asks, too. Nothing here exists in one runtime
 * only.
 */
import { awsKms, awsKmsSource } from "@isosops/keys/aws";
import { azureKeyVault, azureKeyVaultSource } from "@isosops/keys/azure";
import { gcpKms, gcpKmsSource, gcpServiceAccount } from "@isosops/keys/gcp";
import { huaweiKms, huaweiKmsSource } from "@isosops/keys/huawei";
import { vaultTransit, vaultTransitSource } from "@isosops/keys/vault";
import { decrypt, encrypt } from "isosops";
import { runAll } from "./outcome.js";

/**
 * @typedef {object} LiveJob what a runtime is told by `live-keys.js`
 * @property {string} plain YAML, which all files have
 * @property {LiveService[]} services
 *
 * @typedef {object} LiveService
 * @property {keyof typeof kinds} kind
 * @property {string} name
 * @property {string} url where the runtime asks it
 * @property {string} key to encrypt for
 * @property {object} given what else the kind wants to know, such as credentials
 * @property {{ by: string, text: string }[]} encrypted by sops
 */

const kinds = {
  aws({ url, key, given: { credentials, context } }) {
    const options = { credentials, endpoint: url };
    return { wrapper: awsKms(key, { ...options, context }), source: awsKmsSource(options) };
  },
  azure({ url, key, given: { vaultUrl, accessToken } }) {
    // The host of a vault is that of the file, and here it is another one.
    const reach = (asked, init) => fetch(String(asked).replace(vaultUrl, url), init);
    const options = { credentials: { accessToken }, fetch: reach };
    return { wrapper: azureKeyVault(key, options), source: azureKeyVaultSource(options) };
  },
  gcp({ url, key, given: { serviceAccount } }) {
    const credentials = gcpServiceAccount(serviceAccount);
    const options = { credentials, endpoint: url, universeDomain: "googleapis.com" };
    return { wrapper: gcpKms(key, options), source: gcpKmsSource(options) };
  },
  huawei({ url, key, given: { credentials } }) {
    const options = { credentials, endpoint: url };
    return { wrapper: huaweiKms(key, options), source: huaweiKmsSource(options) };
  },
  vault({ url, key, given: { token } }) {
    const options = { token, allowlist: url };
    return { wrapper: vaultTransit(key, options), source: vaultTransitSource(options) };
  },
};

/**
 * @param {LiveJob} job
 * @param {(line: string) => void} [log]
 * @returns {Promise<import("./outcome.js").Outcome & { files: Record<string, string> }>} `files`: by kind, what was encrypted
 */
export async function runLiveChecks({ plain, services }, log) {
  const files = {};
  return { ...(await runAll(listLiveChecks(plain, services, files), log)), files };
}

/** @returns {Generator<[string, () => Promise<void>]>} */
function* listLiveChecks(plain, services, files) {
  for (const service of services) {
    const { kind, name, encrypted } = service;
    for (const { by, text } of encrypted) {
      yield [
        `${name}: what ${by} encrypted is decrypted`,
        async () => {
          const opened = await decrypt(text, { format: "yaml", keySources: [kinds[kind](service).source] });
          if (opened.text !== plain) throw new Error(`it is decrypted to ${JSON.stringify(opened.text)}`);
        },
      ];
    }
    yield [
      `${name}: a file is encrypted`,
      async () => {
        const { text } = await encrypt(plain, { format: "yaml", keys: [kinds[kind](service).wrapper] });
        files[kind] = text;
      },
    ];
  }
}
