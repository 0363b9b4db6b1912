/** The editor of a manifest, or of the values of an addon. */
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { server } from "../api/session.js";
import { SignInForm } from "../api/sign-in.js";
import type { Editor } from "../editor/create.js";
import { TextEditor } from "../editor/editor.js";
import { callEngine, createLane, Superseded } from "../engine/client.js";
import { dropDraft, loadDraft, saveDraft } from "../shell/drafts.js";
import { notify, notifyError } from "../shell/notices.js";
import { forgetSteps } from "../shell/undo.js";
import { Button } from "../ui/button.js";
import { Callout } from "../ui/callout.js";
import { Dialog } from "../ui/dialog.js";
import { Diff } from "../ui/diff.js";
import { Tabs } from "../ui/tabs.js";
import {
  createEditSession,
  type EditSession,
  type ItemAddress,
  type SessionDraft,
  type StackEngine,
} from "./edit-session.js";
import { KeysSection } from "./keys-section.js";
import type { PlannedSave } from "./operations.js";
import type { StackSource } from "./source.js";

const lane = createLane();

const engine: StackEngine = {
  openStackItem: (...args) => callEngine("openStackItem", ...args),
  outlineCluster: (...args) => callEngine("outlineCluster", ...args),
  planSave: (...args) => callEngine("planSave", ...args),
  lookUpKeys: (...args) => lane("lookUpKeys", ...args),
  diff: (...args) => callEngine("diff", ...args),
};

/** How long somebody pauses before the text is looked at, in milliseconds. */
const pause = 200;

export function ItemEditor({
  source,
  address,
  onSaved,
}: {
  source: StackSource;
  address: ItemAddress;
  /** The cluster file may have other marks now. */
  onSaved: () => void;
}): JSX.Element {
  // Another address is another editor: `key` of the component.
  const session = useMemo(() => createEditSession(source, address, engine), [source]);
  const draftName = `stacks ${source.kind} ${source.name} ${JSON.stringify(address)}`;
  const editor = useRef<Editor | undefined>(undefined);
  const view = useSignal<"edit" | "compare">("edit");
  const plan = useSignal<PlannedSave | string | undefined>(undefined);
  const isSaving = useSignal(false);
  const changed = useSignal(false);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const { state } = session;

  const showPlaces = () => {
    const places = session.lookedUp.value?.places ?? [];
    editor.current?.setHighlights(places.map(([from, to]) => ({ from, to })));
  };
  const showProblem = () => {
    const { value } = session.problem;
    const found = value?.line === undefined ? undefined : lineAt(session.text.value, value.line);
    const marks =
      value === undefined || found === undefined ? [] : [{ ...found, level: "error" as const, message: value.message }];
    editor.current?.setMarks(marks);
  };
  const look = async () => {
    try {
      await session.lookUp();
    } catch (error) {
      if (!(error instanceof Superseded)) throw error;
    }
    showPlaces();
    showProblem();
  };
  const keep = () => {
    changed.value = session.isChanged();
    if (state.value.kind !== "ready") return;
    const kept = changed.value ? saveDraft(draftName, session.draft()) : dropDraft(draftName);
    // A browser that keeps nothing has no drafts.
    kept.catch(() => {});
  };
  const later = () => {
    if (timer.current !== undefined) clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      keep();
      void look();
      if (view.value === "compare") void compare();
    }, pause);
  };
  const compare = async () => {
    view.value = "compare";
    try {
      plan.value = await session.plan();
    } catch (error) {
      plan.value = (error as Error).message;
    }
  };
  const load = async () => {
    const draft = await loadDraft<SessionDraft>(draftName).catch(() => undefined);
    await session.load(draft);
    keep();
    if (draft !== undefined && changed.value) {
      notify({
        kind: "done",
        text: "What you typed before the reload is back.",
        action: { label: "Discard it", run: revert },
      });
    }
    hideSecrets();
    showPlaces();
    showProblem();
  };
  /** What is encrypted in the file is hidden until somebody wants to see it. */
  const hideSecrets = () => {
    if (state.value.kind !== "ready" || changed.value) return;
    const { isEncrypted, text } = state.value.base.opened;
    if (!isEncrypted || text === undefined) return;
    const places = session.lookedUp.value?.places ?? [];
    editor.current?.setMasks(places.map(([from, to]) => ({ from, to })));
  };
  const revert = async () => {
    await dropDraft(draftName).catch(() => {});
    await session.load();
    editor.current?.setText(session.text.value);
    changed.value = false;
    plan.value = undefined;
    hideSecrets();
    showPlaces();
    showProblem();
  };
  const save = async () => {
    if (isSaving.value) return;
    isSaving.value = true;
    if (timer.current !== undefined) clearTimeout(timer.current);
    try {
      const outcome = await session.save();
      if (outcome.kind === "saved") {
        const more = outcome.warnings.length === 0 ? "" : `\n${outcome.warnings.join("\n")}`;
        notify({ kind: "done", text: `Saved ${outcome.paths.join(" and ")}.${more}` });
        plan.value = undefined;
        view.value = "edit";
        onSaved();
      } else if (outcome.kind === "nothing") notify({ kind: "done", text: "Nothing has changed." });
    } catch (error) {
      notifyError(error);
    } finally {
      isSaving.value = false;
      keep();
      await look();
    }
  };
  useEffect(() => {
    void load();
    return () => {
      if (timer.current !== undefined) clearTimeout(timer.current);
      keep();
      forgetSteps();
    };
  }, [session]);
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== "s" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      if (readOnlyReason() === undefined) void save();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [session]);

  const readOnlyReason = (): string | undefined => {
    if (source.readOnlyReason !== undefined) return source.readOnlyReason;
    if (state.value.kind !== "ready") return "The file is not open yet.";
    return state.value.base.opened.text === undefined ? "The file is encrypted, and did not open." : undefined;
  };

  if (state.value.kind === "loading") return <p class="loading">Opening {address.name}…</p>;
  if (state.value.kind === "failed") {
    return (
      <div class="stack">
        <Callout kind="danger">
          <p>{state.value.problem}</p>
        </Callout>
        <div class="row">
          <Button onClick={() => void load()}>Try again</Button>
        </div>
      </div>
    );
  }
  const { opened, organisation } = state.value.base;
  const reason = readOnlyReason();
  const isReadOnly = reason !== undefined;
  const encrypts = organisation?.enabled === true;
  const hasKeys = session.keys.value.length > 0;
  const isSignedOut = source.kind === "server" && server.value.state === "signed-out";
  return (
    <article class="item stack" aria-labelledby="item-title">
      <header class="row spread">
        <div>
          <h1 id="item-title">{address.name}</h1>
          <p class="muted item-facts">
            {address.kind === "manifest" ? "Manifest" : "Values of an addon"} in the stack {address.stack} ·{" "}
            <code>{opened.path}</code> · {opened.isEncrypted ? "encrypted" : "plain text"}
          </p>
        </div>
        <div class="row">
          {changed.value && <span class="muted">Not saved</span>}
          {!isReadOnly && (
            <>
              <Button disabledReason={changed.value ? undefined : "Nothing has changed."} onClick={() => void revert()}>
                Discard changes
              </Button>
              <Button kind="main" disabledReason={isSaving.value ? "Saving…" : undefined} onClick={() => void save()}>
                {encrypts || !hasKeys ? "Save" : "Save in plain text"}
              </Button>
            </>
          )}
        </div>
      </header>
      <Warnings session={session} source={source} readOnlyReason={reason} onOpen={() => void revert()} />
      <Tabs
        label="Views"
        tabs={[
          ["edit", "Edit"],
          ["compare", "Before and after"],
        ]}
        selected={view.value}
        onSelect={(key) => {
          if (key === "compare") void compare();
          else view.value = key;
        }}
      >
        <div class="item-views">
          <div class={view.value === "edit" ? "item-text" : "item-text item-hidden"}>
            <TextEditor
              key={`${opened.path} ${address.name} ${isReadOnly}`}
              label={`Text of ${address.name}`}
              text={session.text.value}
              format={opened.format}
              readOnly={isReadOnly}
              onReady={(made) => {
                editor.current = made;
                hideSecrets();
                showPlaces();
                showProblem();
              }}
              onChange={() => {
                session.setText(editor.current?.text() ?? session.text.value);
                changed.value = true;
                later();
              }}
            />
          </div>
          {view.value === "compare" && (
            <Comparison plan={plan.value} path={opened.path} clusterPath={address.clusterPath} />
          )}
          <KeysSection session={session} isReadOnly={isReadOnly} onChange={later} />
        </div>
      </Tabs>
      {session.conflict.value !== undefined && (
        <ConflictDialog
          session={session}
          path={opened.path}
          onChosen={() => {
            editor.current?.setText(session.text.value);
            keep();
            void look();
          }}
        />
      )}
      {isSignedOut && (
        <Callout kind="danger">
          <p>You are signed out. What you typed is still here: sign in, then save.</p>
          <SignInForm />
        </Callout>
      )}
    </article>
  );
}

function Warnings({
  session,
  source,
  readOnlyReason,
  onOpen,
}: {
  session: EditSession;
  source: StackSource;
  readOnlyReason: string | undefined;
  /** Tries to decrypt the file again. */
  onOpen: () => void;
}): JSX.Element | null {
  if (session.state.value.kind !== "ready") return null;
  const { opened, organisation } = session.state.value.base;
  const isPublished = source.kind === "folder";
  return (
    <>
      {readOnlyReason !== undefined && (
        <Callout kind="info">
          <p>{opened.problem ?? readOnlyReason}</p>
          {opened.text === undefined && isPublished && (
            <>
              <p>Add its private key under “Identities”, at the end of this page.</p>
              <Button onClick={onOpen}>Open it</Button>
            </>
          )}
        </Callout>
      )}
      {organisation === undefined && (
        <Callout kind="warning">
          <p>
            {isPublished
              ? "This folder does not say for whom to encrypt: there is no .isosops/organisation.yaml. Marked values are saved in plain text."
              : "The organisation has no key yet, so marked values are saved in plain text. An administrator makes the key under Organisation."}
          </p>
        </Callout>
      )}
      {organisation?.enabled === false && (
        <Callout kind="warning">
          <p>
            <strong>Encryption is switched off.</strong> Saving writes the values of marked keys in plain text. What is
            encrypted already stays encrypted. An administrator switches it on under Organisation.
          </p>
        </Callout>
      )}
      {opened.isEncrypted && !(session.keys.value.length > 0) && opened.text !== undefined && (
        <Callout kind="danger">
          <p>No key is marked any more. Saving writes the whole file in plain text.</p>
        </Callout>
      )}
    </>
  );
}

function Comparison({
  plan,
  path,
  clusterPath,
}: {
  plan: PlannedSave | string | undefined;
  path: string;
  clusterPath: string;
}): JSX.Element {
  if (plan === undefined) return <p class="loading">Encrypting…</p>;
  if (typeof plan === "string") {
    return (
      <Callout kind="danger">
        <p>{plan}</p>
      </Callout>
    );
  }
  return (
    <div class="stack">
      {plan.notices.length > 0 && (
        <Callout kind="warning">
          {plan.notices.map((notice) => (
            <p key={notice}>{notice}</p>
          ))}
        </Callout>
      )}
      <h2>
        <code>{path}</code>
      </h2>
      <Diff label={`${path}, before and after`} diff={plan.diff} sideBySide />
      {clusterPath !== path && (
        <>
          <h2>
            <code>{clusterPath}</code>
          </h2>
          <Diff label={`${clusterPath}, before and after`} diff={plan.clusterDiff} sideBySide />
        </>
      )}
    </div>
  );
}

function ConflictDialog({
  session,
  path,
  onChosen,
}: {
  session: EditSession;
  path: string;
  onChosen: () => void;
}): JSX.Element | null {
  const { value } = session.conflict;
  if (value === undefined) return null;
  const { diff, problem } = value;
  const choose = (action: () => void) => {
    action();
    onChosen();
  };
  return (
    <Dialog
      title="Somebody else has changed this file"
      onClose={() => choose(session.decideLater)}
      actions={
        <>
          <Button
            disabledReason={diff === undefined ? "What is on disk does not open." : undefined}
            onClick={() => choose(session.takeTheirs)}
          >
            Take what is on disk
          </Button>
          <Button kind="main" onClick={() => choose(session.keepMine)}>
            Keep my text
          </Button>
        </>
      }
    >
      <p>
        <code>{path}</code> is not what you have opened any more. Nothing was written, and your text is still here.
      </p>
      <p>
        “Keep my text” puts yours in its place when you save next. “Take what is on disk” puts theirs into the editor;
        undo there brings yours back.
      </p>
      {diff === undefined ? (
        <p class="field-problem">{problem ?? "What is on disk does not open."}</p>
      ) : (
        <Diff label="On disk, and your text" diff={diff} sideBySide />
      )}
    </Dialog>
  );
}

/** The offsets of a line, which is counted from 1. */
function lineAt(text: string, line: number): { from: number; to: number } | undefined {
  let from = 0;
  for (let count = 1; count < line; count++) {
    const end = text.indexOf("\n", from);
    if (end === -1) return undefined;
    from = end + 1;
  }
  const end = text.indexOf("\n", from);
  return { from, to: Math.max(from + 1, end === -1 ? text.length : end) };
}
