import { decrypt, inspect } from "isosops";
import { checkReaders, encryptKeys } from "../encryption/encrypt-keys.js";
import { givingOut } from "../keyring/leases.js";
import { initialized, type KeyringState } from "../keyring/state.js";
import { identities, type OrganisationOptions, show } from "../organisation.js";
import { textOf, textsOf } from "./body.js";

/** `GET /api/v1/org/sops/config` */
export async function getConfig(organisation: OrganisationOptions): Promise<object> {
  const info = await show(organisation);
  return {
    organisation_id: info?.organisationId ?? null,
    age_public_key: info?.recipient ?? null,
    enabled: info?.enabled ?? false,
    initialized: info !== undefined,
  };
}

/** `POST /api/v1/org/sops/encrypt` */
export async function postEncrypt(organisation: OrganisationOptions, body: Record<string, unknown>): Promise<object> {
  const source = textOf(body, "yaml_content");
  const keys = textsOf(body, "encrypted_paths");
  if (!initialized(await organisation.storage.read()).enabled) {
    return { encrypted_yaml: source, success: true, warning: disabledWarning };
  }
  return givingOut(organisation, async (state) => {
    const options = { ...readersOf(state), identities: () => identities(organisation), keys };
    const { text, notices } = await encryptKeys(source, options);
    const warning = notices.length === 0 ? {} : { warning: notices.join(" ") };
    return { encrypted_yaml: text, success: true, ...warning };
  });
}

const disabledWarning =
  "Encryption is disabled for the organisation: nothing was encrypted, and what is marked for encryption is in plain text. `isosops org enable`";

/** `POST /api/v1/org/sops/decrypt` */
export async function postDecrypt(organisation: OrganisationOptions, body: Record<string, unknown>): Promise<object> {
  const source = textOf(body, "encrypted_yaml");
  const format = "yaml";
  const metadata = await inspect(source, { format });
  if (metadata === undefined) return { decrypted_content: source, is_encrypted: false };
  checkReaders(metadata, readersOf(initialized(await organisation.storage.read())));
  const { text } = await decrypt(source, { format, identities: await identities(organisation) });
  return { decrypted_content: text, is_encrypted: true };
}

function readersOf({ current, previous }: KeyringState): { recipient: string; previousRecipient: string | undefined } {
  return { recipient: current.recipient, previousRecipient: previous?.recipient };
}
