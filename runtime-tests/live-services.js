/** The services of the live checks, on this machine: those of the tests of `packages/keys`, with a key in each. */
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const helpers = fileURLToPath(new URL("../packages/keys/test/", import.meta.url));
const testVectors = fileURLToPath(new URL("../test-vectors/", import.meta.url));

/**
 * @typedef {object} LiveKind
 * @property {import("./checks/live-checks.js").LiveService["kind"]} kind
 * @property {string} name
 * @property {string | undefined} missing why there is no service here
 * @property {() => Promise<{ upstream: string, stop(): Promise<void>, tell: (url: string) => Told }>} start
 * @property {string[]} [unknownTo] versions of sops that have no such keys
 *
 * @typedef {object} Told for a service that is at a URL
 * @property {string} key for runtimes
 * @property {object} given for runtimes
 * @property {string[]} flags for sops, to encrypt
 * @property {Record<string, string>} environment for sops
 */

/** @returns {Promise<LiveKind[]>} */
export async function listLiveKinds() {
  const { aws, azure, gcp, https, huawei, vault } = await loadHelpers();
  const noCertificate = https.whyNoCertificate();
  return [
    {
      kind: "aws",
      name: "AWS KMS",
      missing: aws.noAccount,
      async start() {
        const account = await aws.openAccount();
        // The role is assumed by STS first.
        const key = `${account.key}+${account.role}`;
        const tell = (url) => ({
          key,
          given: { credentials: account.user, context: { Env: "prod" } },
          flags: ["--kms", key, "--encryption-context", "Env:prod"],
          environment: {
            AWS_ENDPOINT_URL: url,
            AWS_ACCESS_KEY_ID: account.user.accessKeyId,
            AWS_SECRET_ACCESS_KEY: account.user.secretAccessKey,
            AWS_EC2_METADATA_DISABLED: "true",
          },
        });
        return { upstream: account.url, stop: account.stop, tell };
      },
    },
    {
      kind: "gcp",
      name: "GCP KMS",
      missing: noCertificate,
      async start() {
        const kms = await gcp.startCloudKms();
        const tell = () => ({
          key: gcp.keyName,
          given: { serviceAccount: kms.serviceAccount },
          flags: ["--gcp-kms", gcp.keyName],
          // By gRPC, which all versions speak.
          environment: {
            HTTPS_PROXY: kms.proxy,
            SSL_CERT_FILE: kms.certificateFile,
            GOOGLE_CREDENTIALS: JSON.stringify(kms.serviceAccount),
          },
        });
        return { upstream: kms.url, stop: kms.stop, tell };
      },
    },
    {
      kind: "azure",
      name: "Azure Key Vault",
      missing: noCertificate,
      async start() {
        const service = await azure.startKeyVault();
        const key = `${azure.vaultUrl}/keys/sops`;
        const tell = () => ({
          // Without a version, which sops 3.9.4 does not look up.
          key,
          given: { vaultUrl: azure.vaultUrl, accessToken: azure.createToken("test") },
          flags: ["--azure-kv", `${key}/${azure.keyVersions[1]}`],
          environment: {
            HTTPS_PROXY: service.proxy,
            SSL_CERT_FILE: service.certificateFile,
            AZURE_TENANT_ID: azure.tenantId,
            AZURE_CLIENT_ID: azure.clientId,
            AZURE_CLIENT_SECRET: azure.clientSecret,
          },
        });
        return { upstream: service.url, stop: service.stop, tell };
      },
    },
    {
      kind: "vault",
      name: "HashiCorp Vault",
      missing: vault.noVault,
      async start() {
        const server = await vault.openVault();
        await server.admin("POST", "sops/keys/live", { type: "aes256-gcm96" });
        const tell = (url) => {
          const key = `${url}/v1/sops/keys/live`;
          const environment = { VAULT_TOKEN: server.token };
          return { key, given: { token: server.token }, flags: ["--hc-vault-transit", key], environment };
        };
        return { upstream: server.url, stop: server.stop, tell };
      },
    },
    {
      kind: "huawei",
      name: "HuaweiCloud KMS",
      missing: noCertificate,
      unknownTo: ["3.9.4"],
      async start() {
        const { accessKey, keyId, secretKey, startHuaweiCloud } = huawei;
        const cloud = await startHuaweiCloud();
        const tell = (url) => ({
          key: keyId,
          // The project is that which IAM names.
          given: { credentials: { accessKey, secretKey } },
          flags: ["--hckms", keyId],
          environment: {
            HUAWEICLOUD_SDK_AK: accessKey,
            HUAWEICLOUD_SDK_SK: secretKey,
            HUAWEICLOUD_SDK_REGION_KMS_CN_NORTH_4: url,
            HUAWEICLOUD_SDK_IAM_ENDPOINT: cloud.iamUrl,
            SSL_CERT_FILE: cloud.certificateFile,
          },
        });
        return { upstream: cloud.url, stop: cloud.stop, tell };
      },
    },
  ];
}

/** These are in TypeScript, which Node 20 does not run. */
async function loadHelpers() {
  const outfile = fileURLToPath(new URL(".cache/live-services.js", import.meta.url));
  const modules = {
    aws: "aws-account",
    azure: "key-vault",
    gcp: "cloud-kms",
    https: "https-hosts",
    huawei: "huawei-cloud",
    vault: "vault-server",
  };
  await build({
    stdin: {
      contents: Object.entries(modules)
        .map(([name, file]) => `export * as ${name} from "./${file}.js";`)
        .join("\n"),
      resolveDir: helpers,
      loader: "ts",
    },
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    // These know their own folder.
    external: [`${testVectors}*`],
    logLevel: "error",
  });
  return import(pathToFileURL(outfile).href);
}
