/**
 * What the routes of the pages take and return, as {@link openApiDocument} describes it. Types alone: a page imports them
 * without any code.
 */
import type { DoctorLevel, DoctorTopic } from "../doctor/finding.js";

/**
 * What somebody may do. A `viewer` reads files as they are and decrypts nothing, an `editor` also decrypts and saves, an
 * `administrator` also changes the organisation's keys and switches decryption.
 */
export type Role = "viewer" | "editor" | "administrator";

/** Every error response. */
export interface Problem {
  /** What is wrong, and what to do: a sentence for the user, without any secret. */
  readonly detail: string;
  /** A code of `GitopsError` or `SopsError` where the error is one, such as `in_use`. Does not change between versions. */
  readonly code?: string;
  /** For `in_use` and `incomplete`: the files, and files on branches, that are the reason. */
  readonly files?: readonly ProblemFile[];
  /** For 409 of a save: the files that somebody else has changed. */
  readonly changed?: readonly FileVersion[];
}

/** A file, and what is wrong with it. */
export interface ProblemFile {
  readonly path: string;
  /** The reason, without the path. */
  readonly problem: string;
}

/** `POST /api/v1/session`: one of both. */
export interface SignInRequest {
  /** From the fragment of the address that the server printed. It works once. */
  readonly link?: string;
  /** A token of the server. */
  readonly token?: string;
}

/** `POST` and `GET /api/v1/session` */
export interface SessionAnswer {
  readonly role: Role;
  /** Who this is in the audit log. */
  readonly actor: string;
  /** What requests that change something send in the header `X-Isosops-CSRF`. */
  readonly csrf: string;
  /** The name of the folder that the server works in. */
  readonly root: string;
  /** RFC 3339: when the session ends at the latest. It ends earlier if nothing is asked for. */
  readonly expires: string;
}

/** `POST /api/v1/session/links` */
export interface LinkRequest {
  readonly role: Role;
}

/** `POST /api/v1/session/links` */
export interface LinkAnswer {
  /** For {@link SignInRequest}. It works once. */
  readonly link: string;
  /** RFC 3339. */
  readonly expires: string;
}

/** A version of a file. */
export interface FileVersion {
  /** From the root folder, with `/`. */
  readonly path: string;
  /** The SHA-256 of its bytes, hexadecimal; null if there is no such file. */
  readonly version: string | null;
}

/** A manifest or the values of an addon that a file is the content of. */
export interface FileUse {
  /** The path of the cluster file. */
  readonly cluster: string;
  readonly stack: string;
  readonly kind: "manifest" | "addon";
  readonly name: string;
}

/** `GET /api/v1/files` */
export interface FileAnswer extends FileVersion {
  readonly version: string;
  readonly text: string;
  /** Empty for a cluster file. */
  readonly used_by: readonly FileUse[];
}

/** `PUT /api/v1/files` */
export interface SaveRequest {
  readonly files: readonly SavedFile[];
}

/** A file of {@link SaveRequest}: `version` is that of the file when it was read. */
export interface SavedFile extends FileVersion {
  readonly text: string;
}

/** `PUT /api/v1/files` */
export interface SaveAnswer {
  readonly files: readonly FileVersion[];
  /** Sentences for the user, such as that marked values are in plain text since encryption is disabled. */
  readonly warnings: readonly string[];
}

/** `GET /api/v1/clusters` */
export interface ClustersAnswer {
  readonly clusters: readonly ClusterAnswer[];
}

/** A cluster file. */
export interface ClusterAnswer extends FileVersion {
  readonly version: string;
  /** `metadata.name`; null if it has none, or cannot be read. */
  readonly name: string | null;
  /** `spec.sops.decryption`; null if it is not set. */
  readonly decryption: boolean | null;
  readonly stacks: readonly StackAnswer[];
  /** Why the cluster file cannot be read, as a sentence; null if it can. Then `stacks` is empty. */
  readonly problem: string | null;
}

/** A stack of a cluster file. */
export interface StackAnswer {
  readonly name: string;
  readonly items: readonly ItemAnswer[];
}

/** A manifest or an addon of a stack. */
export interface ItemAnswer {
  readonly kind: "manifest" | "addon";
  readonly name: string;
  /** An addon's chart. */
  readonly chart: string | null;
  /** `from_file`, from the root folder; null if the content is in the cluster file, or there is none. */
  readonly path: string | null;
  /** The field of the cluster file that the content is in, in Base64; null if it is in a file, or there is none. */
  readonly inline: "manifest_base64" | "values_base64" | null;
  /** `encrypted_paths` */
  readonly marks: readonly string[];
  /** Why the file cannot be opened by this server, as a sentence; null if it can. */
  readonly problem: string | null;
}

/** `PUT /api/v1/clusters/decryption` */
export interface DecryptionRequest {
  readonly path: string;
  readonly decryption: boolean;
  readonly version: string;
}

/** `PUT /api/v1/clusters/decryption` */
export interface DecryptionAnswer extends FileVersion {
  readonly version: string;
  readonly decryption: boolean;
}

/** `GET /api/v1/clusters/argocd`. The private key is not part of it: `key_command` hands it to the cluster. */
export interface ArgocdAnswer {
  /** The command that applies the Secret with the private key, to be run where the keyring is. */
  readonly key_command: string;
  /** The command that removes it. */
  readonly remove_command: string;
  /** Manifests in YAML, for an Argo CD that was installed from its manifests: `kubectl apply --server-side`. */
  readonly settings: string;
  /** The same as values of the Helm chart `argo-cd`. */
  readonly values: string;
  /** For Flux: the command that applies the Secret. */
  readonly flux_command: string;
  /** Why the cluster should get no key, as a sentence; null if it should. */
  readonly problem: string | null;
}

/** `GET /api/v1/clusters/doctor` */
export interface DoctorAnswer {
  readonly findings: readonly DoctorAnswerFinding[];
}

/** A problem, or that there is none. Contains no value of a file and no private key. */
export interface DoctorAnswerFinding {
  readonly topic: DoctorTopic;
  readonly rule: string;
  readonly level: DoctorLevel;
  readonly message: string;
  /** What to do; null if there is nothing to do, or the message says it. */
  readonly remedy: string | null;
  /** From the root folder, where it is in it; else absolute, or null. */
  readonly file: string | null;
  /** 1-based. */
  readonly line: number | null;
}

/** The state of the organisation. Null members where there is no key yet. */
export interface OrganisationAnswer {
  readonly initialized: boolean;
  readonly organisation_id: string | null;
  readonly age_public_key: string | null;
  /** The public key that is being replaced during a rotation. */
  readonly previous_age_public_key: string | null;
  readonly enabled: boolean;
  /** The number of changes of the keys. */
  readonly generation: number;
  /** The path of the keyring on the server, in which the private key is. */
  readonly keyring: string;
  /** What the private key is encrypted with. */
  readonly protection: "passphrase" | "recipients" | "none" | null;
  /** Why the keys cannot be changed, as a sentence: the keyring is an old copy, or that of another organisation. */
  readonly problem: string | null;
}

/** `POST /api/v1/org/sops/init`. Neither: the passphrase of the server's environment, `ISOSOPS_PASSPHRASE`. */
export interface InitRequest {
  /** What the private key is encrypted with: at least 10 characters. */
  readonly passphrase?: string;
  /** Public keys of age that the private key is encrypted for, instead. */
  readonly recipients?: readonly string[];
}

/** `POST /api/v1/org/sops/confirm` and `cancel` */
export interface EndRequest {
  /** Owners of writes that have certainly ended. */
  readonly gone?: readonly string[];
  /** Files and folders, from the root folder, that may be lost. */
  readonly except?: readonly string[];
  /** Branches, tags and stashes that may be lost. */
  readonly except_refs?: readonly string[];
  /** For `cancel`: even if files depend on the new key alone. They are lost then. */
  readonly force?: boolean;
}

/** What the routes that change the organisation return. */
export interface OrganisationChanged {
  readonly organisation: OrganisationAnswer;
  /** Sentences for the user: what to do next, and what could not be done. */
  readonly notices: readonly string[];
}

/** `GET /api/v1/org/sops/status` */
export interface StatusAnswer {
  readonly organisation: OrganisationAnswer;
  /** The files below the root folder that depend on the organisation's keys. */
  readonly files: readonly StatusFile[];
}

/** A file that depends on the organisation's keys. */
export interface StatusFile {
  readonly path: string;
  readonly state: "current" | "previous" | "both" | "unreadable";
  /** Why it is unreadable; else null. */
  readonly problem: string | null;
}

/** `GET /api/v1/org/sops/blockers`: whether a rotation can be confirmed. Nothing is destroyed. */
export interface BlockersAnswer {
  readonly confirmable: boolean;
  /** Why not, and what to do; null if it can. */
  readonly reason: string | null;
  /** The files, also on branches, in tags and stashes, that still need the old key. */
  readonly files: readonly ProblemFile[];
}

/** `GET /api/v1/org/sops/history`, oldest first. */
export interface HistoryAnswer {
  /** Changes of the keys. */
  readonly events: readonly HistoryEvent[];
  /** All that was done with the keyring. */
  readonly log: readonly HistoryEntry[];
}

/** A change of the keys. */
export interface HistoryEvent {
  /** RFC 3339. */
  readonly time: string;
  readonly action: "init" | "rotate" | "confirm" | "cancel";
  /** The public key that was created or destroyed. */
  readonly recipient: string;
}

/** A line of the keyring's log. */
export interface HistoryEntry {
  /** RFC 3339. */
  readonly time: string;
  readonly actor: string;
  readonly action: string;
  readonly detail: string;
}

/** `POST /api/v1/org/sops/reencrypt` */
export interface ReencryptRequest {
  /** Encrypt the values again with new data keys. Default: false. */
  readonly new_data_keys?: boolean;
  /** Remove the old private key from files that hold it. Default: false. */
  readonly drop_old_key?: boolean;
}

/** `POST /api/v1/org/sops/reencrypt`: a run has begun, which goes on whether or not somebody listens. */
export interface RunAnswer {
  readonly run: string;
}

/**
 * An event of `GET /api/v1/org/sops/reencrypt/events`: `event` is its `kind`, `data` is this as JSON, `id` is RUN:NUMBER.
 * Without `Last-Event-ID`, the stream begins with the first event of the last run. It ends after `ended`, and a request for
 * what follows that is answered with 204.
 */
export type RunEvent =
  /** `of`: the number of files that name the old key. There may be more, in which that cannot be seen. */
  | { readonly kind: "begun"; readonly run: string; readonly of: number }
  /** `done`: the number of files that were dealt with. */
  | {
      readonly kind: "file";
      readonly path: string;
      readonly outcome: "done" | "failed";
      readonly done: number;
      readonly of: number;
    }
  | {
      readonly kind: "ended";
      readonly done: number;
      readonly failed: readonly ProblemFile[];
      /** Files that are encrypted for a key that was destroyed before. */
      readonly lost: readonly { readonly path: string; readonly recipient: string }[];
      /** Why the run has ended early; null if it has not. It can be begun again. */
      readonly error: string | null;
      readonly notices: readonly string[];
    };
