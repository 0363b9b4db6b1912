import { givingOut } from "../keyring/leases.js";
import { initialized } from "../keyring/state.js";
import { identities, type OrganisationOptions, show } from "../organisation.js";
import { textOf, textsOf } from "./body.js";
import { type DocumentWork, readersOf } from "./document-work.js";
import { checkNames, type HttpLimits } from "./limits.js";

/** What routes use, besides the organisation. */
export interface RouteTools {
  readonly limits: HttpLimits;
  readonly work: DocumentWork;
  readonly onNotice: (notice: string) => void;
}

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
export async function postEncrypt(
  organisation: OrganisationOptions,
  body: Record<string, unknown>,
  { limits, work, onNotice }: RouteTools,
): Promise<object> {
  const source = textOf(body, "yaml_content");
  const keys = textsOf(body, "encrypted_paths");
  checkNames(keys, limits);
  if (!initialized(await organisation.storage.read()).enabled) {
    return { encrypted_yaml: source, success: true, warning: disabledWarning, warnings: [disabledWarning] };
  }
  return givingOut(organisation, async (state) => {
    const task = { kind: "encrypt", source, keys, readers: readersOf(state), limits } as const;
    const { text, notices, added } = await work(task, () => identities(organisation));
    // Only the number: a log contains nothing of a request.
    if (added > 0) onNotice(`${added} added since the document was last sealed, and encrypted now`);
    const warning = notices.length === 0 ? {} : { warning: notices.join(" "), warnings: notices };
    return { encrypted_yaml: text, success: true, ...warning };
  });
}

const disabledWarning =
  "Encryption is disabled for the organisation: nothing was encrypted, and what is marked for encryption is in plain text. `isosops org enable`";

/** `POST /api/v1/org/sops/decrypt` */
export async function postDecrypt(
  organisation: OrganisationOptions,
  body: Record<string, unknown>,
  { limits, work }: RouteTools,
): Promise<object> {
  const source = textOf(body, "encrypted_yaml");
  const state = await organisation.storage.read();
  const readers = state === undefined ? undefined : readersOf(state);
  const task = { kind: "decrypt", source, readers, limits } as const;
  const { text, wasEncrypted } = await work(task, () => identities(organisation));
  return { decrypted_content: text, is_encrypted: wasEncrypted };
}
