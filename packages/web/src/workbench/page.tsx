import "./workbench.css";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { TextEditor } from "../editor/editor.js";
import { notifyError } from "../shell/notices.js";
import type { PageProps } from "../shell/pages.js";
import { lastStep, listenForUndo, undo } from "../shell/undo.js";
import { Button } from "../ui/button.js";
import { SelectField } from "../ui/field.js";
import { Tabs } from "../ui/tabs.js";
import { readFile } from "./files.js";
import { FolderPanel } from "./folder-panel.js";
import { formatNames } from "./formats.js";
import { IdentityPanel } from "./identity-panel.js";
import { KeyTree } from "./key-tree.js";
import { LockedPanel, OpenedPanel } from "./opened-panel.js";
import { ResultView } from "./result-view.js";
import { SealPanel } from "./seal-panel.js";
import { Start } from "./start.js";
import {
  busy,
  changeFormat,
  closeFile,
  folder,
  hideAgain,
  holdIdentities,
  openFile,
  openText,
  restoreDraft,
  result,
  type Stage,
  setEditor,
  showOpened,
  stage,
  startText,
  textChanged,
  view,
  workDocument,
} from "./state.js";
import { takeIdentityFile } from "./take-identity.js";

export function WorkbenchPage(_: PageProps): JSX.Element {
  useEffect(() => {
    void restoreDraft();
    const stopUndo = listenForUndo();
    document.addEventListener("paste", takePasted);
    return () => {
      stopUndo();
      document.removeEventListener("paste", takePasted);
    };
  }, []);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: files can be dropped anywhere; there are buttons for the same.
    <div
      class="workbench"
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        void takeDropped(event.dataTransfer);
      }}
    >
      {workDocument.value === undefined ? <Start /> : <Open />}
      <p class="visually-hidden" role="status">
        {busy.value}
      </p>
    </div>
  );
}

/** What is pasted where no text is typed is opened, an identity is held. */
function takePasted(event: ClipboardEvent): void {
  const isTyped = event.target instanceof HTMLElement && event.target.closest("input, textarea, .editor") !== null;
  const text = event.clipboardData?.getData("text/plain") ?? "";
  if (isTyped || workDocument.value !== undefined || text === "") return;
  event.preventDefault();
  takeIdentityFile(text)
    .then((held) => {
      if (held === undefined) return openText(text);
      if (held !== "asked") holdIdentities(held);
      return undefined;
    })
    .catch(notifyError);
}

/** A file of identities is held, anything else is opened. */
async function takeDropped(data: DataTransfer | null): Promise<void> {
  const items = [...(data?.items ?? [])].filter(({ kind }) => kind === "file");
  // Both have to be asked for before anything is awaited.
  const taken = items.map((item) => ({
    file: item.getAsFile(),
    handle: (item as { getAsFileSystemHandle?(): Promise<FileSystemHandle | null> }).getAsFileSystemHandle?.(),
  }));
  try {
    for (const { file, handle } of taken) {
      if (file === null) continue;
      const found = await handle;
      const read = await readFile(
        file,
        file.name,
        found?.kind === "file" ? (found as FileSystemFileHandle) : undefined,
      );
      const held = await takeIdentityFile(read.content);
      if (held === undefined) await openFile(read);
      else if (held !== "asked") holdIdentities(held);
    }
  } catch (error) {
    notifyError(error);
  }
}

const stages: Readonly<Record<Stage, string>> = {
  plain: "Plain text",
  locked: "Encrypted",
  opened: "Decrypted in this tab",
};

function Open(): JSX.Element {
  const { value } = workDocument;
  if (value === undefined) return <Start />;
  const now = stage.value;
  const isText = typeof value.source === "string";
  const step = lastStep.value;
  return (
    <>
      <div class="work-bar">
        <h1 class="work-name">{value.name}</h1>
        <span class={`stage stage-${now}`}>{stages[now]}</span>
        <div class="work-format">
          {now === "opened" ? null : (
            <SelectField
              label="Format"
              value={value.format}
              options={formatNames}
              onChange={(format) => void changeFormat(format)}
            />
          )}
        </div>
        <div class="row">
          {step !== undefined && (
            <Button kind="quiet" label={`Undo ${step.label}`} onClick={undo}>
              Undo
            </Button>
          )}
          {now === "opened" && isText && (
            <Button kind="quiet" onClick={() => void hideAgain()}>
              Hide all values
            </Button>
          )}
          <Button onClick={() => void closeFile()}>Close</Button>
        </div>
      </div>
      <div class="work-grid">
        {folder.value !== undefined && (
          <div class="work-folder">
            <FolderPanel />
          </div>
        )}
        <div class="work-tree">
          <KeyTree />
        </div>
        <div class="work-text">
          <Tabs
            label="Views of the file"
            tabs={[
              ["text", "Text"],
              ["result", "Result"],
            ]}
            selected={view.value}
            onSelect={(key) => {
              view.value = key;
            }}
          >
            {/* The editor keeps its state while the result is shown. */}
            <div class="work-editor" hidden={view.value !== "text"}>
              {isText ? (
                <TextEditor
                  key={value.id}
                  label={now === "opened" ? `Decrypted text of ${value.name}` : `Text of ${value.name}`}
                  text={startText.value}
                  format={value.format}
                  readOnly={now === "locked"}
                  onReady={now === "opened" ? showOpened : setEditor}
                  onChange={textChanged}
                />
              ) : (
                <p class="panel">
                  {value.name} is no text ({value.source.length} bytes). All of it is encrypted as one value.
                </p>
              )}
            </div>
            {view.value === "result" && (result.value === undefined ? <NoResult /> : <ResultView />)}
          </Tabs>
        </div>
        <div class="work-side">
          {now === "plain" && <SealPanel />}
          {now === "locked" && <LockedPanel />}
          {now === "opened" && <OpenedPanel />}
          {now === "locked" && <IdentityPanel />}
        </div>
      </div>
    </>
  );
}

function NoResult(): JSX.Element {
  return <p class="panel muted">There is no result yet. Encrypt the file first: the button is beside the text.</p>;
}
