/** What the routes of the pages do, which depends on where the server runs: its files, its keyring, its Git. */

import type { SessionCookie } from "./access.js";
import type {
  ArgocdAnswer,
  BlockersAnswer,
  ClustersAnswer,
  DecryptionAnswer,
  DecryptionRequest,
  DoctorAnswer,
  EndRequest,
  FileAnswer,
  HistoryAnswer,
  InitRequest,
  OrganisationChanged,
  ReencryptRequest,
  SaveAnswer,
  SaveRequest,
  StatusAnswer,
} from "./api.js";
import type { AuditEntry } from "./audit.js";
import type { RunWork } from "./runs.js";
import type { Caller, Sessions } from "./sessions.js";

/** The work of the routes. Their errors are those of {@link toHttpError}. */
export interface PagesBackend {
  /** The name of the folder that the server works in. */
  readonly root: string;
  /** All cluster files below the root folder. */
  clusters(): Promise<ClustersAnswer>;
  /** A cluster file, or a file that one names. */
  readFile(path: string): Promise<FileAnswer>;
  /** Saves all files, or none. */
  saveFiles(request: SaveRequest): Promise<SaveAnswer>;
  /** Sets whether a cluster decrypts what it deploys. */
  setDecryption(request: DecryptionRequest): Promise<DecryptionAnswer>;
  /** What lets a cluster's Argo CD decrypt. */
  argocd(path: string): Promise<ArgocdAnswer>;
  /** Findings about a cluster. */
  doctor(path: string): Promise<DoctorAnswer>;
  /** The state of the organisation, and its files. */
  status(): Promise<StatusAnswer>;
  /** What was done with the keys. */
  history(): Promise<HistoryAnswer>;
  /** Creates the organisation's key pair. */
  init(request: InitRequest, caller: Caller): Promise<OrganisationChanged>;
  /** Enables or disables encryption. */
  setEnabled(enabled: boolean, caller: Caller): Promise<OrganisationChanged>;
  /** Begins a rotation. */
  rotate(caller: Caller): Promise<OrganisationChanged>;
  /** Checks that there is something to do, and returns what does it. */
  reencrypt(request: ReencryptRequest, caller: Caller): Promise<RunWork>;
  /** Whether the rotation can be confirmed. */
  blockers(): Promise<BlockersAnswer>;
  /** Ends the rotation. */
  confirm(request: EndRequest, caller: Caller): Promise<OrganisationChanged>;
  /** Cancels the rotation. */
  cancel(request: EndRequest, caller: Caller): Promise<OrganisationChanged>;
}

/** The pages of a server. */
export interface PagesOptions {
  readonly backend: PagesBackend;
  readonly sessions: Sessions;
  readonly cookie: SessionCookie;
  /** Returns a file of the pages by its path; undefined if there is none. */
  readonly files: (pathname: string, request: Request) => Response | undefined;
  /**
   * Called before and after each request that gives out or changes something. If it throws beforehand, the request is
   * refused.
   */
  readonly onAudit?: ((entry: AuditEntry) => void) | undefined;
}
