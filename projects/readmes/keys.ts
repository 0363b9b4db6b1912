/** What the blocks of the README call your file, your keys and the bindings of a Worker. */
import { type CreationRule, findCreationRule, generateIdentity, parseConfig } from "isosops";

const made = await generateIdentity();
const config = await parseConfig(`creation_rules:\n  - age: ${made.recipient}\n`);

export const identity: string = made.identity;
export const text = "password: hunter2\n";
export const rule = (await findCreationRule(config, "a.yaml")) as CreationRule;
export const ask = async (_: string): Promise<boolean> => true;
export const armoredPublicKey: string = "";
export const armoredPrivateKey: string = "";
export const env: Record<
  "KEY_ID" | "KEY_SECRET" | "SERVICE_ACCOUNT_KEY" | "VAULT_TOKEN" | "AK" | "SK" | "PROJECT_ID",
  string
> = { KEY_ID: "id", KEY_SECRET: "", SERVICE_ACCOUNT_KEY: "", VAULT_TOKEN: "", AK: "", SK: "", PROJECT_ID: "" };

/** Of @azure/identity. */
export class DefaultAzureCredential {
  async getToken(_scope: string, _options: { tenantId?: string | undefined }): Promise<{ token: string }> {
    return { token: "" };
  }
}
