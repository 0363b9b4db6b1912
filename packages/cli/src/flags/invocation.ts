import type { KeyFlag } from "./key-flags.js";

/** The flags that say who encrypts and decrypts data keys. */
export interface KeyServiceOptions {
  keyservice?: string[];
  enableLocalKeyservice?: boolean;
}

/** The flags that say for which keys a file is encrypted. Each item may name several keys, separated by commas. */
export interface KeyOptions extends Partial<Record<KeyFlag, string[]>>, KeyServiceOptions {
  awsProfile?: string;
  encryptionContext?: string;
  shamirSecretSharingThreshold?: number;
}

/** The flags `--add-...` and `--rm-...` of `rotate`. */
export type ChangeOptions = Partial<Record<`${"add" | "rm"}${Capitalize<KeyFlag>}`, string[]>>;

/** The flags of commands that read a file. */
export interface Options extends KeyOptions, ChangeOptions {
  decryptionOrder?: string;
  verbose?: boolean;
  organisation?: boolean;
  config?: string;
  inPlace?: boolean;
  output?: string;
  inputType?: string;
  outputType?: string;
  filenameOverride?: string;
  indent?: number;
  layout?: "preserve" | "sops";
  unencryptedSuffix?: string;
  encryptedSuffix?: string;
  unencryptedRegex?: string;
  encryptedRegex?: string;
  unencryptedCommentRegex?: string;
  encryptedCommentRegex?: string;
  select?: string[];
  deselect?: string[];
  allowExtra?: boolean;
  allowUnmatched?: boolean;
  allowLoss?: boolean;
  macOnlyEncrypted?: boolean;
  ignoreMac?: boolean;
  extract?: string;
  showMasterKeys?: boolean;
}

/** A command on a file, with its flags. */
export interface Invocation {
  readonly operation:
    | "encrypt"
    | "decrypt"
    | "edit"
    | "rotate"
    | "set"
    | "unset"
    | "exec-env"
    | "exec-file"
    | "filestatus"
    | "updatekeys"
    | "groups"
    | "publish";
  /** Undefined for stdin. */
  readonly file: string | undefined;
  /** Files given beyond the first one. */
  readonly ignored: readonly string[];
  readonly options: Options;
  /** Whether a flag was given instead of a command: `isosops --rotate FILE`. */
  readonly isOlderForm?: boolean;
}
