import "./identity-panel.css";
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { callEngine } from "../engine/client.js";
import type { HeldIdentities } from "../engine/keys.js";
import { notify, notifyError } from "../shell/notices.js";
import { Button } from "../ui/button.js";
import { CopyButton } from "../ui/copy-button.js";
import { Dialog } from "../ui/dialog.js";
import { FileButton, TextField } from "../ui/field.js";
import { NewPassphraseFields, passphraseProblem } from "../ui/new-passphrase.js";
import { Secret } from "../ui/secret.js";
import { readFile } from "./files.js";
import {
  canUsePasskeys,
  forgetKept,
  type KeptIdentity,
  keepByPasskey,
  keepByPassphrase,
  listKept,
  openByPasskey,
} from "./kept-identities.js";
import { forgetIdentity, holdIdentities, identities } from "./state.js";
import { waiting } from "./take-identity.js";

/** The private keys that this tab holds, and those that this browser keeps for somebody. */
export function IdentityPanel(): JSX.Element {
  const typed = useSignal("");
  const problem = useSignal<string | undefined>(undefined);
  const kept = useSignal<readonly KeptIdentity[]>([]);
  const hasPasskeys = useSignal(false);
  const keeping = useSignal<HeldIdentities | undefined>(undefined);
  const opening = useSignal<KeptIdentity | undefined>(undefined);
  const created = useSignal<{ identity: string; recipient: string } | undefined>(undefined);

  const listAgain = () =>
    listKept().then(
      (found) => {
        kept.value = found;
      },
      () => {},
    );
  useEffect(() => {
    void listAgain();
    void canUsePasskeys().then((can) => {
      hasPasskeys.value = can;
    });
  }, []);

  const add = async (content: string | Uint8Array) => {
    problem.value = undefined;
    try {
      const read = await callEngine("readIdentities", content);
      if ("needsPassphrase" in read) waiting.value = content;
      else holdIdentities(read.held);
      typed.value = "";
    } catch (error) {
      problem.value = error instanceof Error ? error.message : String(error);
    }
  };

  const openKept = async (entry: KeptIdentity) => {
    if (entry.by === "passphrase") {
      opening.value = entry;
      return;
    }
    try {
      await add(await openByPasskey(entry));
    } catch (error) {
      notifyError(error);
    }
  };

  return (
    <section class="panel stack" aria-labelledby="identity-title">
      <h2 id="identity-title">Identities</h2>
      <p class="muted">
        A private key opens files. This tab holds it until the tab is closed or reloaded, and stores it nowhere.
      </p>
      {identities.value.map((held) => (
        <div key={held.text} class="held">
          <code>{held.recipients[0]}</code>
          {held.recipients.length > 1 && <span class="muted"> and {held.recipients.length - 1} more</span>}
          <div class="row">
            <Button
              kind="quiet"
              label={`Keep ${held.recipients[0]} in this browser`}
              onClick={() => {
                keeping.value = held;
              }}
            >
              Keep…
            </Button>
            <Button kind="quiet" label={`Forget ${held.recipients[0]}`} onClick={() => forgetIdentity(held)}>
              Forget
            </Button>
          </div>
        </div>
      ))}
      <TextField
        label="Add an identity"
        hint="AGE-SECRET-KEY-1…, or drop its file anywhere on the page"
        value={typed.value}
        isSecret
        isCode
        problem={problem.value}
        onInput={(text) => {
          typed.value = text;
        }}
        onEnter={() => void add(typed.value)}
      />
      <div class="row">
        <Button
          disabledReason={typed.value.trim() === "" ? "Type or paste an identity first." : undefined}
          onClick={() => void add(typed.value)}
        >
          Add
        </Button>
        <FileButton
          label="Choose its file…"
          onFiles={async ([file]) => {
            if (file !== undefined) await add((await readFile(file)).content);
          }}
        />
        <Button
          kind="quiet"
          onClick={async () => {
            try {
              created.value = await callEngine("createIdentity");
            } catch (error) {
              notifyError(error);
            }
          }}
        >
          Make a new one
        </Button>
      </div>
      {kept.value
        .filter(({ recipient }) => !identities.value.some(({ recipients }) => recipients[0] === recipient))
        .map((entry) => (
          <div key={entry.recipient} class="held">
            <code>{entry.recipient}</code>
            <div class="row">
              <Button label={`Open ${entry.recipient} with its ${entry.by}`} onClick={() => void openKept(entry)}>
                Open with its {entry.by}
              </Button>
              <Button
                kind="quiet"
                label={`Delete ${entry.recipient} from this browser`}
                onClick={async () => {
                  await forgetKept(entry).catch(notifyError);
                  await listAgain();
                }}
              >
                Delete
              </Button>
            </div>
          </div>
        ))}
      {waiting.value !== undefined && (
        <PassphraseDialog
          title="Passphrase of the identity file"
          action="Open"
          onClose={() => {
            waiting.value = undefined;
          }}
          onPassphrase={async (passphrase) => {
            const read = await callEngine("readIdentities", waiting.value ?? "", passphrase);
            if ("held" in read) holdIdentities(read.held);
            waiting.value = undefined;
          }}
        />
      )}
      {opening.value?.by === "passphrase" && (
        <PassphraseDialog
          title="Passphrase of the kept identity"
          action="Open"
          onClose={() => {
            opening.value = undefined;
          }}
          onPassphrase={async (passphrase) => {
            if (opening.value?.by !== "passphrase") return;
            const read = await callEngine("readIdentities", opening.value.file, passphrase);
            if ("held" in read) holdIdentities(read.held);
            opening.value = undefined;
          }}
        />
      )}
      {keeping.value !== undefined && (
        <KeepDialog
          held={keeping.value}
          hasPasskeys={hasPasskeys.value}
          onClose={() => {
            keeping.value = undefined;
            void listAgain();
          }}
        />
      )}
      {created.value !== undefined && (
        <CreatedDialog
          pair={created.value}
          onHold={() => {
            const { identity, recipient } = created.value ?? { identity: "", recipient: "" };
            holdIdentities({ text: identity, recipients: [recipient] });
            created.value = undefined;
          }}
          onClose={() => {
            created.value = undefined;
          }}
        />
      )}
    </section>
  );
}

/** Asks for a passphrase, again if it was wrong. */
function PassphraseDialog({
  title,
  action,
  onPassphrase,
  onClose,
}: {
  title: string;
  action: string;
  onPassphrase: (passphrase: string) => Promise<void>;
  onClose: () => void;
}): JSX.Element {
  const passphrase = useSignal("");
  const problem = useSignal<string | undefined>(undefined);
  const isBusy = useSignal(false);
  const submit = async () => {
    isBusy.value = true;
    try {
      await onPassphrase(passphrase.value);
    } catch (error) {
      problem.value = error instanceof Error ? error.message : String(error);
    } finally {
      isBusy.value = false;
    }
  };
  return (
    <Dialog
      title={title}
      onClose={onClose}
      actions={
        <Button
          kind="main"
          disabledReason={isBusy.value ? "This takes a moment." : undefined}
          onClick={() => void submit()}
        >
          {isBusy.value ? "One moment…" : action}
        </Button>
      }
    >
      <TextField
        label="Passphrase"
        value={passphrase.value}
        isSecret
        problem={problem.value}
        onInput={(text) => {
          passphrase.value = text;
        }}
        onEnter={() => void submit()}
      />
    </Dialog>
  );
}

/** Nothing else protects what is in the database of the browser. */
const shortestPassphrase = 12;

/** How an identity is to be kept in this browser. */
function KeepDialog({
  held,
  hasPasskeys,
  onClose,
}: {
  held: HeldIdentities;
  hasPasskeys: boolean;
  onClose: () => void;
}): JSX.Element {
  const typed = { passphrase: useSignal(""), again: useSignal("") };
  const problem = useSignal<string | undefined>(undefined);
  const isBusy = useSignal(false);
  const recipient = held.recipients[0] ?? "";
  const keep = async (work: () => Promise<void>) => {
    isBusy.value = true;
    try {
      await work();
      notify({ kind: "done", text: "The identity is kept in this browser, encrypted." });
      onClose();
    } catch (error) {
      problem.value = error instanceof Error ? error.message : String(error);
    } finally {
      isBusy.value = false;
    }
  };
  const byPassphrase = () => {
    problem.value = passphraseProblem(typed, shortestPassphrase);
    if (problem.value === undefined) void keep(() => keepByPassphrase(held.text, recipient, typed.passphrase.value));
  };
  return (
    <Dialog
      title="Keep the identity in this browser"
      onClose={onClose}
      actions={
        <>
          {hasPasskeys && (
            <Button
              disabledReason={isBusy.value ? "This takes a moment." : undefined}
              onClick={() => void keep(() => keepByPasskey(held.text, recipient))}
            >
              Use a passkey
            </Button>
          )}
          <Button kind="main" disabledReason={isBusy.value ? "This takes a moment." : undefined} onClick={byPassphrase}>
            {isBusy.value ? "One moment…" : "Use the passphrase"}
          </Button>
        </>
      }
    >
      <p>It is stored encrypted, and opened only with what you choose here. Keep a copy elsewhere.</p>
      <NewPassphraseFields
        typed={typed}
        hint={`At least ${shortestPassphrase} characters: it is all that protects the key.`}
        problem={problem.value}
        onEnter={byPassphrase}
      />
    </Dialog>
  );
}

/** A new key pair, which nobody has a copy of yet. */
function CreatedDialog({
  pair: { identity, recipient },
  onHold,
  onClose,
}: {
  pair: { identity: string; recipient: string };
  onHold: () => void;
  onClose: () => void;
}): JSX.Element {
  return (
    <Dialog
      title="A new key pair"
      onClose={onClose}
      actions={
        <Button kind="main" onClick={onHold}>
          Use it in this tab
        </Button>
      }
    >
      <p>Files are encrypted for the public key. Give it to anybody:</p>
      <p>
        <code>{recipient}</code> <CopyButton kind="quiet" label="Copy the public key" text={() => recipient} />
      </p>
      <p>The private key opens them. Keep a copy in a safe place: without it, nobody opens these files.</p>
      <Secret name="the private key" value={identity} />
    </Dialog>
  );
}
