/** What the workbench shows, and what its buttons do. */
import { batch, computed, signal } from "@preact/signals";
import type { Editor } from "../editor/create.js";
import { callEngine, createLane, EngineError, Superseded } from "../engine/client.js";
import type { FileFacts, FormatName, ReadDocument, ShownRule } from "../engine/documents.js";
import type { CheckedRecipient, HeldIdentities, RuleForFile } from "../engine/keys.js";
import type { OpenedDocument, Resealed } from "../engine/opened.js";
import { keyPathOf, type Outline, type Places } from "../engine/outline.js";
import type { Choice, Preview, Sealed } from "../engine/sealing.js";
import { dropDraft, loadDraft, saveDraft } from "../shell/drafts.js";
import { clearNotices, notify, notifyError } from "../shell/notices.js";
import { forgetSteps, remember } from "../shell/undo.js";
import { type Folder, findConfig, type ReadFile, writeInPlace } from "./files.js";
import { formatOfName, guessFormat, nameFor } from "./formats.js";
import {
  type Marks,
  markedValues,
  marksOf,
  pathId,
  selectorsOf,
  statesOf,
  statesOfPlaces,
  toggle,
} from "./selection.js";

/** A document on the workbench. */
export interface WorkDocument {
  /** Another number for each document that is put there. */
  readonly id: number;
  readonly name: string;
  readonly path: string;
  readonly format: FormatName;
  /** As it was opened. */
  readonly source: string | Uint8Array;
  readonly handle: FileSystemFileHandle | undefined;
}

/** Plain and to be encrypted, encrypted, or decrypted to be edited. */
export type Stage = "plain" | "locked" | "opened";

/** How values to encrypt are chosen. */
export type ChoiceKind = Choice["kind"];

export const workDocument = signal<WorkDocument | undefined>(undefined);
export const stage = signal<Stage>("plain");
/** What is being done, for the line that says so. */
export const busy = signal<string | undefined>(undefined);
export const read = signal<ReadDocument | undefined>(undefined);
export const outline = signal<Outline | undefined>(undefined);
/** The text that the editor begins with. */
export const startText = signal("");

export const marks = signal<Marks>(new Set());
export const choiceKind = signal<ChoiceKind>("select");
export const customRule = signal<ShownRule>({ name: "encrypted_regex", value: "^(password|token)$" });
export const allowExtra = signal(false);
export const preview = signal<Preview | undefined>(undefined);
/** Why there is no preview, in the words of the library. */
export const previewProblem = signal<string | undefined>(undefined);

export const recipientsText = signal("");
export const recipients = signal<readonly CheckedRecipient[]>([]);
/** The text that `recipients` were read from. */
const checkedRecipientsText = signal("");
export const config = signal<{ readonly text: string; readonly name: string; readonly path: string } | undefined>(
  undefined,
);
export const configRule = signal<RuleForFile | undefined>(undefined);
export const configProblem = signal<string | undefined>(undefined);

export const identities = signal<readonly HeldIdentities[]>([]);
const opened = signal<Pick<OpenedDocument, "handle" | "facts"> | undefined>(undefined);
/** Marks as they follow from the rule of the opened file. */
const openedMarks = signal<Marks>(new Set());
export const result = signal<Sealed | Resealed | undefined>(undefined);
export const view = signal<"text" | "result">("text");
export const folder = signal<Folder | undefined>(undefined);
/** What was typed into a decrypted file before the page was reloaded: it comes back when the file is decrypted again. */
export const editToRestore = signal<string | undefined>(undefined);
/** Whether what was typed is nowhere else. */
const isUnsaved = signal(false);

/** The boxes of the tree: what is marked, or what the chosen rule encrypts. */
export const states = computed(() => {
  const { value } = outline;
  if (value === undefined) return new Uint8Array();
  if (stage.value !== "plain" || choiceKind.value === "select") return statesOf(value, marks.value);
  return statesOfPlaces(value, preview.value?.secrets ?? new Int32Array());
});
export const facts = computed<FileFacts | undefined>(() => opened.value?.facts ?? read.value?.facts);

let editor: Editor | undefined;
let count = 0;
/** Counts what makes a result out of date. */
let changes = 0;
const previewLane = createLane();
const readLane = createLane();
const recipientsLane = createLane();
const configLane = createLane();
let typingTimer: ReturnType<typeof setTimeout> | undefined;
let draftTimer: ReturnType<typeof setTimeout> | undefined;
const draftName = "workbench";

interface Draft {
  readonly name: string;
  readonly path: string;
  readonly format: FormatName;
  readonly text: string;
  /** The encrypted file, if the text is that of one that was decrypted. */
  readonly encrypted: string | undefined;
  readonly marks: readonly string[];
  readonly recipients: string;
}

/** The editor that shows the document now. */
export function setEditor(made: Editor): void {
  editor = made;
  showInEditor();
}

/** Puts a file on the workbench. */
export async function openFile(file: ReadFile): Promise<void> {
  if (file.name === ".sops.yaml" && typeof file.content === "string" && workDocument.value !== undefined) {
    await useConfig(file.content, ".sops.yaml");
    return;
  }
  const format = typeof file.content === "string" ? formatOfName(file.name) : "binary";
  await putDocument({ ...file, source: file.content, format });
}

/** Puts text on it that has no file. */
export async function openText(text: string): Promise<void> {
  const format = guessFormat(text);
  await putDocument({ name: nameFor(format), path: nameFor(format), source: text, format, handle: undefined });
  if (text !== "") keepDraft();
}

async function putDocument(given: Omit<WorkDocument, "id">): Promise<void> {
  await forgetOpened();
  const found =
    folder.value === undefined ? undefined : await findConfig(folder.value, given.path).catch(() => undefined);
  batch(() => {
    workDocument.value = { ...given, id: count++ };
    startText.value = typeof given.source === "string" ? given.source : "";
    resetDocument();
    if (found !== undefined) config.value = found;
  });
  clearNotices();
  forgetSteps();
  await readAgain();
  if (config.value !== undefined) await useConfig(config.value.text, config.value.name);
}

function dropResult(): void {
  changes++;
  result.value = undefined;
}

function resetDocument(): void {
  stage.value = "plain";
  read.value = undefined;
  outline.value = undefined;
  marks.value = new Set();
  preview.value = undefined;
  previewProblem.value = undefined;
  dropResult();
  view.value = "text";
  allowExtra.value = false;
  isUnsaved.value = false;
  editToRestore.value = undefined;
  configRule.value = undefined;
  configProblem.value = undefined;
}

/** Takes the document away. What was typed can be brought back until another one is opened. */
export async function closeFile(): Promise<void> {
  const before = workDocument.value;
  const text = currentText();
  const wasUnsaved = isUnsaved.value;
  // At once: another file may be put there while its draft and data key are forgotten.
  const forgotten = forgetOpened();
  batch(() => {
    workDocument.value = undefined;
    config.value = undefined;
    resetDocument();
  });
  forgetSteps();
  await forgotten;
  await dropDraft(draftName).catch(() => {});
  if (before === undefined || !wasUnsaved || typeof text !== "string") return;
  notify({
    kind: "done",
    text: `${before.name} was closed.`,
    action: { label: "Undo", run: () => void putDocument({ ...before, source: text }) },
  });
}

async function forgetOpened(): Promise<void> {
  const handle = opened.value?.handle;
  opened.value = undefined;
  openedMarks.value = new Set();
  editor = undefined;
  if (handle !== undefined) await callEngine("closeDocument", handle);
}

export async function changeFormat(format: FormatName): Promise<void> {
  const before = workDocument.value;
  if (before === undefined) return;
  workDocument.value = { ...before, format, source: stage.value === "plain" ? currentText() : before.source };
  marks.value = new Set();
  outline.value = undefined;
  preview.value = undefined;
  dropResult();
  await readAgain();
}

/** The document as it is in the editor. */
export function currentText(): string | Uint8Array {
  const { value } = workDocument;
  if (value === undefined) return "";
  if (typeof value.source !== "string" && stage.value !== "opened") return value.source;
  return editor?.text() ?? startText.value;
}

/** Somebody typed. */
export function textChanged(): void {
  isUnsaved.value = true;
  dropResult();
  keepDraft();
  clearTimeout(typingTimer);
  typingTimer = setTimeout(() => void readAgain(), 300);
}

/** Reads the document as it is now: what it is, its keys, its findings. */
async function readAgain(): Promise<void> {
  const { value } = workDocument;
  if (value === undefined) return;
  try {
    if (opened.value !== undefined) {
      const text = currentText();
      if (typeof text !== "string" || value.format === "binary") return;
      const { outline: changed } = await readLane("outlineOpened", opened.value.handle, text);
      const ofRule = marksOfRule(changed);
      // The rule of the file decides about keys that were typed.
      const typed = [...ofRule].filter((mark) => !openedMarks.value.has(mark));
      batch(() => {
        outline.value = changed;
        openedMarks.value = ofRule;
        if (typed.length > 0) marks.value = new Set([...marks.value, ...typed]);
      });
      editor?.setMarks([]);
      return;
    }
    const text = currentText();
    const found = await readLane("readDocument", text, value.format);
    batch(() => {
      read.value = found;
      // While a text is typed it often cannot be read; its keys stay until it can.
      if (found.outline !== undefined || found.findings.length === 0) outline.value = found.outline;
      stage.value = found.isEncrypted ? "locked" : "plain";
    });
    showInEditor();
    if (!found.isEncrypted) await previewAgain();
  } catch (error) {
    if (error instanceof Superseded) return;
    if (opened.value !== undefined && error instanceof EngineError) showProblem(error);
    else notifyError(error);
  }
}

/** An error at a line, in the editor. */
function showProblem(error: EngineError): void {
  const text = currentText();
  if (typeof text !== "string") return;
  const lines = text.split("\n");
  const from = lines.slice(0, Math.max(0, (error.line ?? 1) - 1)).reduce((sum, line) => sum + line.length + 1, 0);
  const to = from + (lines[(error.line ?? 1) - 1]?.length ?? 0);
  editor?.setMarks([{ from, to, level: "error", message: error.message }]);
}

/** Findings as marks, and a coloured ground for what is chosen. */
function showInEditor(): void {
  if (editor === undefined) return;
  const text = editor.text();
  const findings = opened.value === undefined ? (read.value?.findings ?? []) : [];
  const starts = findings.length === 0 ? [0] : lineStarts(text);
  const at = (line: number, column: number) => (starts[line - 1] ?? text.length) + column - 1;
  editor.setMarks(
    findings.flatMap(({ level, message, region }) =>
      region === undefined
        ? []
        : [{ from: at(region.line, region.column), to: at(region.endLine, region.endColumn), level, message }],
    ),
  );
  showChosen();
}

function showChosen(): void {
  const { value } = outline;
  if (editor === undefined || value === undefined || stage.value !== "plain") return;
  const secrets = preview.value?.secrets;
  if (choiceKind.value === "select" || secrets === undefined) {
    const rows = choiceKind.value === "select" ? markedValues(value, marks.value) : [];
    editor.setHighlights(
      rows.map((row) => ({ from: value.valueStarts[row] as number, to: value.valueEnds[row] as number })),
    );
  } else editor.setHighlights(pairs(secrets));
}

function pairs(places: Places): { from: number; to: number }[] {
  const found: { from: number; to: number }[] = [];
  for (let at = 0; at < places.length; at += 2)
    found.push({ from: places[at] as number, to: places[at + 1] as number });
  return found;
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

/** Marks a key of the tree, or removes its mark. */
export function toggleRow(row: number): void {
  const { value } = outline;
  if (value === undefined) return;
  const before = marks.value;
  const kind = choiceKind.value;
  remember(`marking ${value.labels[row]}`, () => {
    marks.value = before;
    choiceKind.value = kind;
    void marksChanged();
  });
  // What a rule encrypts stays so, but for this row.
  const chosen = kind === "select" || stage.value !== "plain" ? before : marksOf(value, states.value);
  choiceKind.value = "select";
  marks.value = toggle(value, chosen, row);
  void marksChanged();
}

/** Shows a row's place in the text. */
export function visitRow(row: number): void {
  const start = outline.value?.starts[row];
  if (start !== undefined && start >= 0) editor?.goTo(start);
}

async function marksChanged(): Promise<void> {
  dropResult();
  allowExtra.value = false;
  showChosen();
  if (stage.value === "plain") await previewAgain();
  if (stage.value === "opened") isUnsaved.value = true;
  if (isUnsaved.value) keepDraft();
}

export async function changeChoice(kind: ChoiceKind): Promise<void> {
  const before = choiceKind.value;
  remember("choosing", () => void changeChoiceTo(before));
  await changeChoiceTo(kind);
}

async function changeChoiceTo(kind: ChoiceKind): Promise<void> {
  choiceKind.value = kind;
  dropResult();
  await previewAgain();
}

export async function changeRule(rule: ShownRule): Promise<void> {
  customRule.value = rule;
  dropResult();
  await previewAgain();
}

/** The choice as the engine takes it, undefined while nothing is chosen. */
function choice(): Choice | undefined {
  switch (choiceKind.value) {
    case "select": {
      const selectors = outline.value === undefined ? [] : selectorsOf(outline.value, marks.value);
      return selectors.length === 0 ? undefined : { kind: "select", selectors, allowExtra: allowExtra.value };
    }
    case "rule":
      return { kind: "rule", rule: customRule.value };
    case "config":
      return { kind: "config" };
    default:
      return { kind: "everything" };
  }
}

async function previewAgain(): Promise<void> {
  const { value } = workDocument;
  const chosen = choice();
  const text = currentText();
  if (value === undefined || chosen === undefined || typeof text !== "string" || value.format === "binary") {
    preview.value = undefined;
    previewProblem.value = undefined;
    showChosen();
    return;
  }
  try {
    const found = await previewLane("previewSealing", text, value.format, chosen, configOption());
    batch(() => {
      preview.value = found;
      previewProblem.value = undefined;
    });
  } catch (error) {
    if (error instanceof Superseded) return;
    batch(() => {
      preview.value = undefined;
      previewProblem.value = error instanceof Error ? error.message : String(error);
    });
  }
  showChosen();
}

function configOption(): { text: string; path: string } | undefined {
  const { value } = config;
  return value === undefined ? undefined : { text: value.text, path: value.path };
}

/** Recipients were typed; text of a `.sops.yaml` is taken as that. */
export async function changeRecipients(text: string): Promise<void> {
  if (/^creation_rules:/m.test(text)) {
    batch(() => {
      recipientsText.value = "";
      checkedRecipientsText.value = "";
      recipients.value = [];
    });
    await useConfig(text, "the pasted .sops.yaml");
    return;
  }
  recipientsText.value = text;
  dropResult();
  try {
    const checked = await recipientsLane("checkRecipients", text);
    batch(() => {
      recipients.value = checked;
      checkedRecipientsText.value = text;
    });
  } catch (error) {
    if (!(error instanceof Superseded)) notifyError(error);
  }
  if (isUnsaved.value) keepDraft();
}

/** Takes the rule that a `.sops.yaml` has for the document. */
export async function useConfig(text: string, name: string): Promise<void> {
  const path = config.value?.text === text ? config.value.path : (workDocument.value?.path ?? "");
  config.value = { text, name, path };
  dropResult();
  await readConfig();
}

/** The document is at another path, as far as the rules are concerned. */
export async function changeConfigPath(path: string): Promise<void> {
  if (config.value === undefined) return;
  config.value = { ...config.value, path };
  dropResult();
  await readConfig();
}

async function readConfig(): Promise<void> {
  const { value } = config;
  if (value === undefined) return;
  try {
    const found = await configLane("ruleForFile", value.text, value.path);
    batch(() => {
      configRule.value = found;
      configProblem.value = found === undefined ? `No rule of it is for the path ${value.path}.` : undefined;
      // Marked keys go before what the rule says.
      if (found !== undefined && marks.value.size === 0) choiceKind.value = "config";
      else if (found === undefined && choiceKind.value === "config") choiceKind.value = "select";
    });
  } catch (error) {
    if (error instanceof Superseded) return;
    configRule.value = undefined;
    configProblem.value = error instanceof Error ? error.message : String(error);
  }
  await previewAgain();
}

export async function forgetConfig(): Promise<void> {
  config.value = undefined;
  configRule.value = undefined;
  configProblem.value = undefined;
  if (choiceKind.value === "config") choiceKind.value = "select";
  dropResult();
  await previewAgain();
}

/** Why the document cannot be encrypted now: what is to be done first. */
export const sealProblem = computed<string | undefined>(() => {
  const { value } = workDocument;
  if (value === undefined) return "Open a file first.";
  if (read.value?.outline === undefined && value.format !== "binary" && read.value?.findings.length === 0) {
    return "Type or paste the text first.";
  }
  const wrong = read.value?.findings.find(({ level }) => level === "error");
  // Below its first line, the message shows the place, as the editor does.
  if (wrong !== undefined) return `Correct the text first: ${wrong.message.split("\n", 1)[0]}`;
  if (value.format !== "binary" && choiceKind.value === "select" && marks.value.size === 0)
    return "Mark a key in the tree first.";
  if (previewProblem.value !== undefined) return previewProblem.value;
  if (choiceKind.value === "select" && (preview.value?.extra.length ?? 0) > 0 && !allowExtra.value) {
    return "Agree first that the values listed above are encrypted, too, or change what is marked.";
  }
  if (configRule.value !== undefined) {
    const [other] = configRule.value.otherKeys;
    return other === undefined
      ? undefined
      : `The rule also names ${other.type} ${other.name}, for which this page cannot encrypt. Use the command isosops, or take .sops.yaml away and name recipients of age.`;
  }
  if (config.value !== undefined && configProblem.value === undefined)
    return "The rule of .sops.yaml is being looked for.";
  if (recipients.value.some(({ problem }) => problem !== undefined)) return "Correct the recipients first.";
  if (recipients.value.length === 0) return "Name a recipient first: who may open the file.";
  if (checkedRecipientsText.value !== recipientsText.value) return "The recipients are being checked.";
  return undefined;
});

export async function encryptDocument(): Promise<void> {
  const { value } = workDocument;
  if (value === undefined || sealProblem.value !== undefined) return;
  const chosen: Choice = value.format === "binary" ? { kind: "everything" } : (choice() ?? { kind: "everything" });
  await showResult(() =>
    callEngine("sealDocument", currentText(), {
      format: value.format,
      choice: chosen,
      recipients: recipients.value.map(({ recipient }) => recipient),
      config: configRule.value === undefined ? undefined : configOption(),
    }),
  );
}

/** Encrypts. A result of what has changed meanwhile, or of a file that is not open any more, is not shown, and so not saved over another. */
async function showResult(seal: () => Promise<Sealed | Resealed>): Promise<void> {
  await whileBusy("Encrypting…", async () => {
    const before = changes;
    const sealed = await seal();
    if (changes !== before) return;
    result.value = sealed;
    view.value = "result";
  });
}

/** Adds identities to those that the page holds. */
export function holdIdentities(held: HeldIdentities): void {
  const others = identities.value.filter(({ text }) => text !== held.text);
  identities.value = [...others, held];
}

export function forgetIdentity({ text }: HeldIdentities): void {
  const before = identities.value;
  identities.value = before.filter((held) => held.text !== text);
  remember("forgetting the identity", () => {
    identities.value = before;
  });
}

export async function decryptDocument(): Promise<void> {
  const { value } = workDocument;
  const source = currentText();
  if (value === undefined || typeof source !== "string") return;
  await whileBusy("Decrypting…", async () => {
    const found = await callEngine(
      "openDocument",
      source,
      value.format,
      identities.value.map(({ text }) => text),
    );
    if (workDocument.value !== value) {
      // It was closed meanwhile.
      await callEngine("closeDocument", found.handle);
      return;
    }
    const { outline: keys, text } = found;
    const initial = keys === undefined ? new Set<string>() : marksOfRule(keys);
    // The editor starts again, so that undoing in it does not bring back the encrypted text.
    editor = undefined;
    batch(() => {
      workDocument.value = { ...value, id: count++, source: text ?? found.bytes };
      encryptedSource = source;
      startText.value = text ?? "";
      opened.value = { handle: found.handle, facts: found.facts };
      outline.value = keys;
      marks.value = initial;
      openedMarks.value = initial;
      stage.value = "opened";
      dropResult();
      view.value = "text";
      secrets = found.secrets;
    });
    for (const { message } of found.warnings) notify({ kind: "problem", text: message });
  });
}

/** Where the values are that are hidden at first. */
let secrets: Places = new Int32Array();
/** The file as it is on disk while a decrypted one is edited. */
let encryptedSource: string | undefined;

/** A decrypted document is in its editor: its values are hidden. */
export function showOpened(made: Editor): void {
  editor = made;
  made.setMasks(pairs(secrets));
  const typed = editToRestore.value;
  if (typed === undefined) return;
  editToRestore.value = undefined;
  made.setText(typed);
  textChanged();
  void hideAgain();
}

/** Hides all values again, also those that were typed since. */
export async function hideAgain(): Promise<void> {
  const text = currentText();
  if (opened.value === undefined || typeof text !== "string") return;
  try {
    const found = await callEngine("outlineOpened", opened.value.handle, text);
    editor?.setMasks(pairs(found.secrets));
  } catch (error) {
    notifyError(error);
  }
}

function marksOfRule(keys: Outline): Marks {
  const found = new Set<string>();
  for (let row = 0; row < keys.labels.length; row++) {
    if (keys.isEncrypted[row] === 1) found.add(pathId(keyPathOf(keys, row)));
  }
  return found;
}

/** What was marked and unmarked since the file was opened. */
const markChanges = computed(() => {
  const { value } = outline;
  if (value === undefined || opened.value === undefined) return { select: [], deselect: [] };
  const now = new Set(selectorsOf(value, leafMarks(value, marks.value)));
  const before = new Set(selectorsOf(value, leafMarks(value, openedMarks.value)));
  return {
    select: [...now].filter((selector) => !before.has(selector)),
    deselect: [...before].filter((selector) => !now.has(selector)),
  };
});

/** The marks, each on the lowest keys. */
function leafMarks(keys: Outline, marked: Marks): Marks {
  return new Set(markedValues(keys, marked).map((row) => pathId(keyPathOf(keys, row))));
}

/** Encrypts what was edited. */
export async function resealDocument(): Promise<void> {
  const { value } = opened;
  if (value === undefined) return;
  await showResult(() =>
    callEngine("sealOpened", value.handle, currentText(), { ...markChanges.value, allowExtra: allowExtra.value }),
  );
}

/** Writes the result over the file that was opened. */
export async function saveInPlace(): Promise<void> {
  const { value } = workDocument;
  const sealed = result.value;
  if (value?.handle === undefined || sealed === undefined) return;
  const before = encryptedSource ?? (value.source as string);
  const { handle } = value;
  await whileBusy("Saving…", async () => {
    await writeInPlace(handle, before, sealed.text);
    if (opened.value !== undefined) encryptedSource = sealed.text;
    await saved();
    // It is an encrypted file now.
    if (stage.value === "plain") await putDocument({ ...value, source: sealed.text });
    notify({ kind: "done", text: `${value.name} was saved, encrypted.` });
  });
}

/** The result is somewhere else: no draft of it has to be kept. */
export async function saved(): Promise<void> {
  isUnsaved.value = false;
  clearTimeout(draftTimer);
  await dropDraft(draftName).catch(() => {});
}

async function whileBusy(text: string, work: () => Promise<void>): Promise<void> {
  if (busy.value !== undefined) return;
  busy.value = text;
  try {
    await work();
  } catch (error) {
    notifyError(error);
  } finally {
    busy.value = undefined;
  }
}

/** Keeps what was typed, encrypted, for a reload. */
function keepDraft(): void {
  clearTimeout(draftTimer);
  draftTimer = setTimeout(() => {
    const { value } = workDocument;
    const text = currentText();
    if (value === undefined || typeof text !== "string") return;
    const draft: Draft = {
      name: value.name,
      path: value.path,
      format: value.format,
      text,
      encrypted: opened.value === undefined ? undefined : encryptedSource,
      marks: [...marks.value],
      recipients: recipientsText.value,
    };
    saveDraft(draftName, draft).catch(() => {
      // A private window has no database: the text is in the page all the same.
    });
  }, 500);
}

/** Brings back what was typed before the page was reloaded. */
export async function restoreDraft(): Promise<void> {
  if (workDocument.value !== undefined) return;
  const draft = await loadDraft<Draft>(draftName).catch(() => undefined);
  if (draft === undefined || workDocument.value !== undefined) return;
  const { name, path, format, text, encrypted } = draft;
  await putDocument({ name, path, format, source: encrypted ?? text, handle: undefined });
  isUnsaved.value = true;
  if (encrypted !== undefined) {
    editToRestore.value = text;
  } else {
    marks.value = new Set(draft.marks);
    await changeRecipients(draft.recipients);
    await marksChanged();
  }
  notify({
    kind: "done",
    text: encrypted === undefined ? `Your text of ${name} is back.` : `Decrypt ${name} to go on with what you typed.`,
    action: { label: "Discard it", run: () => void closeFile() },
  });
}
