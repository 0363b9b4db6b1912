import { base64 } from "@scure/base";
import { ageSource } from "isosops/age";
import { givingOut } from "../keyring/leases.js";
import { initialized } from "../keyring/state.js";
import { identities, type OrganisationOptions, show } from "../organisation.js";
import { textOf, textsOf } from "./body.js";
import { type DocumentWork, readersOf } from "./document-work.js";
import { HttpError } from "./http-error.js";
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
    previous_age_public_key: info?.previousRecipient ?? null,
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

/** More than an age file with a data key ever takes. */
const longestWrapped = 16_384;

/** `POST /api/v1/org/sops/unwrap` */
export async function postUnwrap(organisation: OrganisationOptions, body: Record<string, unknown>): Promise<object> {
  const enc = textOf(body, "enc");
  if (enc.length > longestWrapped) throw new HttpError(413, "`enc` is longer than any wrapped data key.");
  initialized(await organisation.storage.read());
  const fields = new Map([["enc", enc]]);
  const dataKey = await ageSource(await identities(organisation)).unwrap({ type: "age", fields });
  if (dataKey === undefined) {
    throw new HttpError(422, "The data key is encrypted for somebody else: none of the organisation's keys opens it.");
  }
  // A data key, or a Shamir share of one. Whatever else is encrypted for the organisation is not given out here.
  if (dataKey.length !== 32 && dataKey.length !== 33) {
    throw new HttpError(422, "`enc` is not a data key of sops, which is 32 bytes long.");
  }
  return { data_key: base64.encode(dataKey) };
}
