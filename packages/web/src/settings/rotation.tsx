/** The rotation of the organisation's key, step by step. */
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { notify, notifyError } from "../shell/notices.js";
import { Button } from "../ui/button.js";
import { Callout } from "../ui/callout.js";
import { Dialog } from "../ui/dialog.js";
import { Checkbox } from "../ui/field.js";
import { Progress } from "../ui/progress.js";
import { Command } from "./command.js";
import {
  type Action,
  act,
  blockers,
  files,
  loadAll,
  organisation,
  run,
  startRun,
  whyNot,
} from "./organisation-state.js";
import { Prose } from "./prose.js";

export function Rotation(): JSX.Element | null {
  const { value } = organisation;
  if (value === undefined) return null;
  return (
    <section class="panel stack" aria-labelledby="rotation-title">
      <h2 id="rotation-title">Rotation</h2>
      {value.previous_age_public_key === null ? <Begin /> : <UnderWay previous={value.previous_age_public_key} />}
    </section>
  );
}

function Begin(): JSX.Element {
  const isAsking = useSignal(false);
  const begin = async () => {
    isAsking.value = false;
    try {
      await act("rotate");
      notify({ kind: "done", text: "There is a new key. The old one still opens what there is." });
    } catch (error) {
      notifyError(error);
    }
  };
  return (
    <>
      <p>
        Replace the key every year, and when somebody who had it leaves. The old key opens files until you confirm the
        rotation, so nothing stops working in between.
      </p>
      <div class="row">
        <Button
          disabledReason={whyNot()}
          onClick={() => {
            isAsking.value = true;
          }}
        >
          Begin a rotation…
        </Button>
      </div>
      {isAsking.value && (
        <Dialog
          title="Begin a rotation?"
          onClose={() => {
            isAsking.value = false;
          }}
          actions={
            <Button kind="main" onClick={() => void begin()}>
              Make the new key
            </Button>
          }
        >
          <ol>
            <li>A new key pair is made. From then on, everything is encrypted for it.</li>
            <li>You give clusters and colleagues both keys.</li>
            <li>Files that name the old key are re-encrypted, also on branches.</li>
            <li>You confirm, and the old private key is destroyed.</li>
          </ol>
          <p>You can cancel before the last step.</p>
        </Dialog>
      )}
    </>
  );
}

function UnderWay({ previous }: { previous: string }): JSX.Element {
  const asking = useSignal<"confirm" | "cancel" | undefined>(undefined);
  const { value } = organisation;
  const end = async (action: Extract<Action, "confirm" | "cancel">) => {
    asking.value = undefined;
    try {
      await act(action);
      notify({
        kind: "done",
        text:
          action === "confirm"
            ? "The old key is destroyed."
            : "The rotation is cancelled. The old key is in use again.",
      });
    } catch (error) {
      notifyError(error);
    }
  };
  return (
    <>
      <Callout kind="info">
        <p>A rotation is under way. Everything is encrypted for the new key; the old one still opens what there is.</p>
      </Callout>
      <dl class="facts">
        <dt>New key</dt>
        <dd>
          <code class="public-key">{value?.age_public_key}</code>
        </dd>
        <dt>Old key</dt>
        <dd>
          <code class="public-key">{previous}</code>
        </dd>
      </dl>
      <ol class="steps">
        <li>
          <h3>Give clusters and colleagues both keys</h3>
          <p>Run this where the keyring is, for each cluster that decrypts:</p>
          <Command command="isosops cluster argocd --only key | kubectl apply --server-side --field-manager isosops -f -" />
        </li>
        <li>
          <h3>Re-encrypt what names the old key</h3>
          <Reencryption />
        </li>
        <li>
          <h3>Commit, push, and wait until the clusters have it</h3>
          <p>Files on other branches are re-encrypted there; each is listed below with what to do.</p>
        </li>
        <li>
          <h3>Destroy the old key</h3>
          <Blockers />
          <div class="row steps-end">
            <Button
              kind="danger"
              disabledReason={whyNot() ?? whyUnconfirmed()}
              onClick={() => {
                asking.value = "confirm";
              }}
            >
              Confirm…
            </Button>
            <Button
              disabledReason={whyNot()}
              onClick={() => {
                asking.value = "cancel";
              }}
            >
              Cancel the rotation…
            </Button>
            <Button kind="quiet" onClick={() => void loadAll()}>
              Look again
            </Button>
          </div>
        </li>
      </ol>
      {asking.value === "confirm" && (
        <Dialog
          title="Destroy the old key?"
          onClose={() => {
            asking.value = undefined;
          }}
          actions={
            <Button kind="danger" onClick={() => void end("confirm")}>
              Destroy the old key
            </Button>
          }
        >
          <p>
            Its private key is deleted from the keyring and cannot be brought back. What is encrypted for it alone, and
            was not found, is lost: ask your colleagues whether they have files that they have not pushed.
          </p>
        </Dialog>
      )}
      {asking.value === "cancel" && (
        <Dialog
          title="Cancel the rotation?"
          onClose={() => {
            asking.value = undefined;
          }}
          actions={
            <Button kind="danger" onClick={() => void end("cancel")}>
              Cancel the rotation
            </Button>
          }
        >
          <p>The new private key is destroyed, and the old one is used again.</p>
          <p>Nothing happens while a file can be opened by the new key alone; you are told which.</p>
        </Dialog>
      )}
    </>
  );
}

function whyUnconfirmed(): string | undefined {
  const { value } = blockers;
  if (run.value?.isOver === false) return "Files are being re-encrypted.";
  if (value === undefined) return "The files are being looked at.";
  if (value.confirmable) return undefined;
  const count = value.files.length;
  return count === 0
    ? (value.reason ?? "The old key is still needed.")
    : `The old key is still needed by ${count} ${count === 1 ? "file" : "files"}.`;
}

function Reencryption(): JSX.Element {
  const newDataKeys = useSignal(false);
  const dropOldKey = useSignal(false);
  const old = files.value.filter(({ state }) => state === "previous");
  const unreadable = files.value.filter(({ state }) => state === "unreadable");
  const { value } = run;
  const isRunning = value?.isOver === false;
  const begin = async () => {
    try {
      await startRun({ new_data_keys: newDataKeys.value, drop_old_key: dropOldKey.value });
    } catch (error) {
      notifyError(error);
    }
  };
  return (
    <div class="stack">
      {old.length === 0 ? (
        <p>No file in the folder needs the old key.</p>
      ) : (
        <>
          <p>
            {old.length} {old.length === 1 ? "file" : "files"} in the folder {old.length === 1 ? "names" : "name"} the
            old key:
          </p>
          <FileList paths={old.map(({ path }) => path)} />
        </>
      )}
      {unreadable.length > 0 && (
        <Callout kind="warning">
          {unreadable.map(({ path, problem }) => (
            <p key={path}>
              <code>{path}</code> cannot be read: {problem}
            </p>
          ))}
        </Callout>
      )}
      <Checkbox
        label="Also encrypt every value again, under new data keys: when somebody leaves who had the old key"
        checked={newDataKeys.value}
        onChange={(checked) => {
          newDataKeys.value = checked;
        }}
      />
      <Checkbox
        label="Also take the old private key out of files that hold it: once no cluster needs it any more"
        checked={dropOldKey.value}
        onChange={(checked) => {
          dropOldKey.value = checked;
        }}
      />
      <div class="row">
        <Button
          kind={old.length > 0 ? "main" : "plain"}
          disabledReason={whyNot() ?? (isRunning ? "Files are being re-encrypted." : undefined)}
          onClick={() => void begin()}
        >
          Re-encrypt
        </Button>
      </div>
      {value !== undefined && (
        <div role="status">
          <Progress
            label={value.isOver ? "Re-encrypted" : "Re-encrypting"}
            done={value.done}
            {...(value.of > 0 ? { of: value.of } : {})}
          />
          {value.error !== undefined && <p class="field-problem">{value.error}</p>}
        </div>
      )}
      {value !== undefined && value.failed.length > 0 && (
        <Callout kind="danger">
          <p>These files were not re-encrypted. Mend them, then re-encrypt again.</p>
          {value.failed.map(({ path, problem }) => (
            <p key={path}>
              <code>{path}</code>: {problem}
            </p>
          ))}
        </Callout>
      )}
    </div>
  );
}

function Blockers(): JSX.Element | null {
  const { value } = blockers;
  if (value === undefined) return <p class="loading">Looking for what needs the old key, also on branches…</p>;
  if (value.confirmable) return <p>Nothing needs the old key any more: no file, branch, tag or stash.</p>;
  return (
    <Callout kind="warning">
      <p>The old key is still needed, so the rotation cannot be confirmed.</p>
      {value.files.length > 0 ? (
        <ul aria-label="What still needs the old key">
          {value.files.map(({ path, problem }) => (
            <li key={`${path} ${problem}`}>
              <code>{path}</code> {problem}
            </li>
          ))}
        </ul>
      ) : null}
      {value.reason !== null && <Remedy reason={value.reason} />}
    </Callout>
  );
}

/** What to do: the sentences and commands of the reason, without the files that are listed already. */
function Remedy({ reason }: { reason: string }): JSX.Element | null {
  const listed = blockers.value?.files.map(({ path, problem }) => `${path} ${problem}`) ?? [];
  const lines = reason
    .split("\n")
    .slice(1)
    .map((line) => line.trim())
    // A message names files by where they are on the server.
    .filter((line) => line !== "" && !listed.some((file) => line.endsWith(file)));
  if (lines.length === 0) return blockers.value?.files.length === 0 ? <p>{reason}</p> : null;
  return (
    <>
      {lines.map((line) => {
        // What is to be done elsewhere is long, and to be copied.
        const [, place, command] = /^What is (?:on|in) .+?: `/.test(line)
          ? (/^What is (.+?): `(.+)`$/.exec(line) ?? [])
          : [];
        if (command === undefined) {
          return (
            <p key={line}>
              <Prose text={line} />
            </p>
          );
        }
        return (
          <div key={line} class="stack">
            <p>What is {place}, in a terminal:</p>
            <Command command={command} label={`Copy the commands for what is ${place}`} />
          </div>
        );
      })}
    </>
  );
}

/** More are counted. */
const mostListed = 50;

function FileList({ paths }: { paths: readonly string[] }): JSX.Element {
  return (
    <ul class="file-list" aria-label="Files that name the old key">
      {paths.slice(0, mostListed).map((path) => (
        <li key={path}>
          <code>{path}</code>
        </li>
      ))}
      {paths.length > mostListed && <li>and {paths.length - mostListed} more</li>}
    </ul>
  );
}
