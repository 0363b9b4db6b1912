/** The JSON schemas of {@link openApiDocument}, by name. */

function objectOf(properties: Record<string, object>, required: readonly string[] = Object.keys(properties)): object {
  return { type: "object", properties, required };
}

function listOf(items: object): object {
  return { type: "array", items };
}

function orNull(type: string, description?: string): object {
  return { type: [type, "null"], ...(description === undefined ? {} : { description }) };
}

function ref(name: string): object {
  return { $ref: `#/components/schemas/${name}` };
}

function described(schema: object, description: string): object {
  return { ...schema, description };
}

const text = { type: "string" };
const texts = listOf(text);
const yesOrNo = { type: "boolean" };
const time = { type: "string", format: "date-time" };
const count = { type: "integer", minimum: 0 };
const role = {
  enum: ["viewer", "editor", "administrator"],
  description:
    "A viewer reads files as they are and decrypts nothing, an editor also decrypts and saves, an administrator also changes the organisation's keys and switches decryption.",
};
const path = described(text, "From the root folder, with `/`.");
const version = {
  type: "string",
  pattern: "^[0-9a-f]{64}$",
  description: "The SHA-256 of the file's bytes, hexadecimal.",
};
const versionOrNull = { ...version, type: ["string", "null"] };

/** Those of the API without pages. */
export const documentSchemas: Readonly<Record<string, object>> = {
  Config: objectOf({
    organisation_id: orNull("string", "Null where there is no key yet."),
    age_public_key: orNull("string", "`age1...`, what documents are encrypted for."),
    previous_age_public_key: orNull("string", "The public key that is being replaced during a rotation."),
    enabled: described(yesOrNo, "While false, documents are given back unencrypted."),
    initialized: described(yesOrNo, "Whether there is a key."),
  }),
  EncryptRequest: objectOf({
    yaml_content: described(text, "YAML, of one document or several."),
    encrypted_paths: {
      ...texts,
      minItems: 1,
      description:
        "Names of keys, as sops matches them, at any depth: `password`. With a leading dot, the name with that dot: `.dockerconfigjson`. With dots inside, a path from the top, matched as such where sops has a rule for it.",
    },
  }),
  EncryptResponse: objectOf(
    {
      encrypted_yaml: text,
      success: { const: true },
      warning: described(
        text,
        "What a person should know, the sentences of `warnings` in one text: that encryption is disabled and nothing was encrypted, that a name matched otherwise than it was meant, or which of the values were added since the document was last sealed, so that nobody vouches for them.",
      ),
      warnings: described(texts, "The same one by one."),
    },
    ["encrypted_yaml", "success"],
  ),
  DecryptRequest: objectOf({ encrypted_yaml: text }),
  DecryptResponse: objectOf({
    decrypted_content: text,
    is_encrypted: described(yesOrNo, "Whether the document was encrypted."),
  }),
  UnwrapRequest: objectOf({
    enc: described(
      text,
      "`enc` of an entry of `age` in the `sops` block: the data key, or a share of it, in an age file.",
    ),
  }),
  UnwrapResponse: objectOf({ data_key: described(text, "Base64.") }),
  Document: described({ type: "object" }, "OpenAPI 3.1."),
  ProblemFile: objectOf({ path: text, problem: described(text, "The reason, without the path.") }),
  FileVersion: objectOf({ path, version: described(versionOrNull, "Null if there is no such file.") }),
  Problem: objectOf(
    {
      detail: described(text, "What is wrong, and what to do. Contains no secret."),
      code: described(text, "A code of the engine where the error is one of it, such as `in_use`."),
      files: described(listOf(ref("ProblemFile")), "For `in_use` and `incomplete`: the files that are the reason."),
      changed: described(listOf(ref("FileVersion")), "For 409 of a save: the files that somebody else has changed."),
    },
    ["detail"],
  ),
};

const organisation = ref("OrganisationAnswer");
const problemFiles = listOf(ref("ProblemFile"));

/** Those that the pages need besides. The types of `api.ts` are the same. */
export const pageSchemas: Readonly<Record<string, object>> = {
  SignInRequest: {
    ...objectOf(
      {
        link: described(text, "From the fragment of the address that the server printed. It works once."),
        token: described(text, "A token of the server."),
      },
      [],
    ),
    minProperties: 1,
    maxProperties: 1,
  },
  SessionAnswer: objectOf({
    role,
    actor: described(text, "Who this is in the audit log."),
    csrf: described(text, "What requests that change something send in the header `X-Isosops-CSRF`."),
    root: described(text, "The name of the folder that the server works in."),
    expires: described(time, "When the session ends at the latest. It ends earlier if nothing is asked for."),
  }),
  SignedOut: objectOf({}),
  LinkRequest: objectOf({ role }),
  LinkAnswer: objectOf({ link: described(text, "For `SignInRequest`. It works once."), expires: time }),
  ClustersAnswer: objectOf({ clusters: listOf(ref("ClusterAnswer")) }),
  ClusterAnswer: objectOf({
    path,
    version,
    name: orNull("string", "`metadata.name`"),
    decryption: orNull("boolean", "`spec.sops.decryption`; null if it is not set."),
    stacks: listOf(ref("StackAnswer")),
    problem: orNull("string", "Why the cluster file cannot be read. Then `stacks` is empty."),
  }),
  StackAnswer: objectOf({ name: text, items: listOf(ref("ItemAnswer")) }),
  ItemAnswer: objectOf({
    kind: { enum: ["manifest", "addon"] },
    name: text,
    chart: orNull("string", "An addon's chart."),
    path: orNull("string", "`from_file`, from the root folder; null if the content is not in a file of its own."),
    inline: {
      enum: ["manifest_base64", "values_base64", null],
      description: "The field of the cluster file that the content is in, in Base64.",
    },
    marks: described(texts, "`encrypted_paths`"),
    problem: orNull("string", "Why the file cannot be opened by this server."),
  }),
  DecryptionRequest: objectOf({ path, decryption: yesOrNo, version }),
  DecryptionAnswer: objectOf({ path, decryption: yesOrNo, version }),
  ArgocdAnswer: objectOf({
    key_command: described(text, "Applies the Secret with the private key. Run it where the keyring is."),
    remove_command: described(text, "Removes that Secret."),
    settings: described(text, "Manifests, for an Argo CD that was installed from its manifests."),
    values: described(text, "The same as values of the Helm chart `argo-cd`."),
    flux_command: described(text, "For Flux: applies the Secret."),
    problem: orNull("string", "Why the cluster should get no key."),
  }),
  DoctorAnswer: objectOf({ findings: listOf(ref("DoctorFinding")) }),
  DoctorFinding: objectOf({
    topic: { enum: ["keyring", "cluster", "files", "environment"] },
    rule: text,
    level: { enum: ["ok", "note", "warning", "error"] },
    message: text,
    remedy: orNull("string", "What to do; null if the message says it."),
    file: orNull("string"),
    line: orNull("integer"),
  }),
  FileUse: objectOf({
    cluster: described(text, "The path of the cluster file."),
    stack: text,
    kind: { enum: ["manifest", "addon"] },
    name: text,
  }),
  FileAnswer: objectOf({
    path,
    version,
    text,
    used_by: described(listOf(ref("FileUse")), "Empty for a cluster file."),
  }),
  SaveRequest: objectOf({ files: { ...listOf(ref("SavedFile")), minItems: 1, maxItems: 100 } }),
  SavedFile: objectOf({
    path,
    text,
    version: described(versionOrNull, "That of the file when it was read; null for a new file."),
  }),
  SaveAnswer: objectOf({ files: listOf(ref("FileVersion")), warnings: texts }),
  OrganisationAnswer: objectOf({
    initialized: yesOrNo,
    organisation_id: orNull("string"),
    age_public_key: orNull("string"),
    previous_age_public_key: orNull("string", "The public key that is being replaced during a rotation."),
    enabled: yesOrNo,
    generation: described(count, "The number of changes of the keys."),
    keyring: described(text, "The path of the keyring on the server, in which the private key is."),
    protection: { enum: ["passphrase", "recipients", "none", null] },
    problem: orNull("string", "Why the keys cannot be changed: the keyring is an old copy, or another organisation's."),
  }),
  OrganisationChanged: objectOf({ organisation, notices: texts }),
  InitRequest: objectOf(
    {
      passphrase: described(text, "What the private key is encrypted with: at least 10 characters."),
      recipients: described(texts, "Public keys of age that the private key is encrypted for, instead."),
    },
    [],
  ),
  EndRequest: objectOf(
    {
      gone: described(texts, "Owners of writes that have certainly ended."),
      except: described(texts, "Files and folders, from the root folder, that may be lost."),
      except_refs: described(texts, "Branches, tags and stashes that may be lost."),
      force: described(yesOrNo, "For `cancel`: even if files depend on the new key alone. They are lost then."),
    },
    [],
  ),
  StatusAnswer: objectOf({
    organisation,
    files: listOf(
      objectOf({
        path,
        state: { enum: ["current", "previous", "both", "unreadable"] },
        problem: orNull("string", "Why it is unreadable."),
      }),
    ),
  }),
  BlockersAnswer: objectOf({
    confirmable: yesOrNo,
    reason: orNull("string", "Why not, and what to do."),
    files: described(problemFiles, "The files, also on branches, in tags and stashes, that still need the old key."),
  }),
  HistoryAnswer: objectOf({
    events: listOf(objectOf({ time, action: { enum: ["init", "rotate", "confirm", "cancel"] }, recipient: text })),
    log: listOf(objectOf({ time, actor: text, action: text, detail: text })),
  }),
  ReencryptRequest: objectOf(
    {
      new_data_keys: described(yesOrNo, "Encrypt the values again with new data keys."),
      drop_old_key: described(yesOrNo, "Remove the old private key from files that hold it."),
    },
    [],
  ),
  RunAnswer: objectOf({ run: text }),
  RunEvent: {
    description: "The `data` of a server-sent event; `event` is its `kind`.",
    oneOf: [
      objectOf({ kind: { const: "begun" }, run: text, of: count }),
      objectOf({
        kind: { const: "file" },
        path,
        outcome: { enum: ["done", "failed"] },
        done: count,
        of: count,
      }),
      objectOf({
        kind: { const: "ended" },
        done: count,
        failed: problemFiles,
        lost: listOf(objectOf({ path: text, recipient: text })),
        error: orNull("string", "Why the run has ended early. It can be begun again."),
        notices: texts,
      }),
    ],
  },
};
