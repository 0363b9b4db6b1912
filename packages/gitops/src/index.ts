export { gitCommand, shellPath, shellWord } from "@isosops/core/verify";
export type { ArgocdValuesOptions } from "./argocd/chart-values.js";
export { argocdValues } from "./argocd/chart-values.js";
export { findRepoServer } from "./argocd/find-repo-server.js";
export { argocdKey, argocdKeyPath, argocdNamespace, fluxKey, fluxNamespace } from "./argocd/key-secret.js";
export type { HelmOptions } from "./argocd/repo-server.js";
export type { ArgocdSettingsOptions, RepoServer } from "./argocd/settings.js";
export { argocdSettings } from "./argocd/settings.js";
export type { NewItem } from "./cluster/add-item.js";
export { addItem, clusterFile } from "./cluster/add-item.js";
export type { Assignment } from "./cluster/assignment.js";
export { parseAssignment } from "./cluster/assignment.js";
export type { ClusterEncrypted, ItemEncrypted } from "./cluster/change-items.js";
export type { ClusterFile, ClusterItem, ItemContent, ItemName, Mark, Position, Stack } from "./cluster/cluster-file.js";
export { findItem, findStack, parseCluster } from "./cluster/cluster-file.js";
export type { ClusterFiles } from "./cluster/cluster-files.js";
export { outside, relativeParts, resolveInRepository } from "./cluster/cluster-files.js";
export { clusterFlag } from "./cluster/commands.js";
export type { DecryptItemOptions, ItemDecrypted } from "./cluster/decrypt.js";
export { decryptItem } from "./cluster/decrypt.js";
export { getDecryption, setDecryption } from "./cluster/decryption.js";
export type { FileChange } from "./cluster/draft.js";
export type { EditItemOptions, ItemEdited, OpenedItem } from "./cluster/edit-item.js";
export { decryptOpened, editItem, openItem } from "./cluster/edit-item.js";
export { changeEmbedded, embeddedDocument, mayEmbed } from "./cluster/embedded.js";
export type {
  EncryptItemOptions,
  EncryptStackOptions,
} from "./cluster/encrypt.js";
export { encryptItem, encryptStack } from "./cluster/encrypt.js";
export type { ClusterFinding, LintOptions } from "./cluster/lint.js";
export { clusterRules, lintCluster } from "./cluster/lint.js";
export { checkIdentities } from "./doctor/check-identities.js";
export { checkKeyring, openKeyring } from "./doctor/check-keyring.js";
export type { ExaminedCluster } from "./doctor/examine-cluster.js";
export { checkClusterKey, examineCluster } from "./doctor/examine-cluster.js";
export type { Examined } from "./doctor/examine-sample.js";
export { doctorTexts, examineSample } from "./doctor/examine-sample.js";
export type { DoctorFinding, DoctorLevel, DoctorTopic } from "./doctor/finding.js";
export { doctorRules } from "./doctor/finding.js";
export type { DoctorContext, HeldKey, KnownKeys } from "./doctor/known-keys.js";
export { knownKeys } from "./doctor/known-keys.js";
export type { Sample } from "./doctor/sample.js";
export type {
  AcceptAdded,
  AddedValues,
  DocumentKeys,
  EncryptedKeys,
  EncryptKeysOptions,
} from "./encryption/encrypt-keys.js";
export { encryptKeys } from "./encryption/encrypt-keys.js";
export type { KeyMatch, MatchKeysOptions } from "./encryption/match-keys.js";
export { matchKeys } from "./encryption/match-keys.js";
export { isSecretName } from "./encryption/secret-name.js";
export type { ErrorPlace, FileProblem, GitopsErrorCode } from "./error.js";
export { GitopsError } from "./error.js";
export type { AccessToken, SessionCookie } from "./http/access.js";
export { isRole } from "./http/access.js";
export type {
  ArgocdAnswer,
  BlockersAnswer,
  ClusterAnswer,
  ClustersAnswer,
  DecryptionAnswer,
  DecryptionRequest,
  DoctorAnswer,
  DoctorAnswerFinding,
  EndRequest,
  FileAnswer,
  FileUse,
  FileVersion,
  HistoryAnswer,
  HistoryEntry,
  HistoryEvent,
  InitRequest,
  ItemAnswer,
  LinkAnswer,
  LinkRequest,
  OrganisationAnswer,
  OrganisationChanged,
  Problem,
  ProblemFile,
  ReencryptRequest,
  Role,
  RunAnswer,
  RunEvent,
  SaveAnswer,
  SavedFile,
  SaveRequest,
  SessionAnswer,
  SignInRequest,
  StackAnswer,
  StatusAnswer,
  StatusFile,
} from "./http/api.js";
export type { AuditEntry } from "./http/audit.js";
export type { DocumentResult, DocumentTask, DocumentWork, FindIdentities, Readers } from "./http/document-work.js";
export { workOnDocument } from "./http/document-work.js";
export type { HttpClient, HttpHandlerOptions } from "./http/handler.js";
export { httpHandler, isHttpPath } from "./http/handler.js";
export type { ProblemDetails } from "./http/http-error.js";
export { HttpError, toHttpError } from "./http/http-error.js";
export type { HttpLimits } from "./http/limits.js";
export { defaultLimits } from "./http/limits.js";
export type { OpenApiOptions } from "./http/openapi.js";
export { openApiDocument } from "./http/openapi.js";
export type { PagesBackend, PagesOptions } from "./http/pages.js";
export type { RunResult, RunWork } from "./http/runs.js";
export type { Caller, Session, SessionOptions, Sessions, SignInLink } from "./http/sessions.js";
export { createSessions } from "./http/sessions.js";
export type { JoinOptions } from "./keyring/bundle.js";
export { changeProtection, checkBundle, exportBundle, join, openBundle } from "./keyring/bundle.js";
export type { HistoryComparison, KeyAction, KeyEvent, KeyHistory, PublicKey } from "./keyring/history.js";
export { compareHistories, publicKeys } from "./keyring/history.js";
export { keyFile } from "./keyring/key-file.js";
export { givingOut, saving, writing } from "./keyring/leases.js";
export type { Protection, Protector } from "./keyring/protector.js";
export { passphraseProtector, recipientProtector, unprotected } from "./keyring/protector.js";
export { formatPublished, parsePublished, publishedPath, publishedState, toldDestroyed } from "./keyring/published.js";
export type { CheckOptions } from "./keyring/published-check.js";
export { checkPublished, historyToPublish } from "./keyring/published-check.js";
export type { KeyringState, Lease, LogEntry, OrganisationKey } from "./keyring/state.js";
export { formatState, initialized, parseState } from "./keyring/state.js";
export type { KeyringStorage } from "./keyring/storage.js";
export { memoryStorage } from "./keyring/storage.js";
export type { CancelOptions, OrganisationInfo, OrganisationOptions } from "./organisation.js";
export { cancel, checkConfirm, confirm, identities, initialize, rotate, setEnabled, show } from "./organisation.js";
export type { Elsewhere, Place, StoredContent, StoredFile } from "./rotation/elsewhere.js";
export type { Files, Finding, Lock, SoughtKey } from "./rotation/files.js";
export { examine } from "./rotation/files.js";
export type { EndOptions } from "./rotation/in-use.js";
export type { LostFile } from "./rotation/lost-files.js";
export type { FileStatus, Outcome, Reencrypted, ReencryptOptions } from "./rotation/reencrypt.js";
export { reencrypt, status } from "./rotation/reencrypt.js";
export type { ReencryptForOptions, ReplaceOptions } from "./rotation/replace-keyring.js";
export { reencryptFor, refuseLost } from "./rotation/replace-keyring.js";
