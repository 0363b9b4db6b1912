/** Settings of the organisation: its key, whether it encrypts, the rotation of the key, and what has happened. */
import "./settings.css";
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { notify, notifyError } from "../shell/notices.js";
import type { PageProps } from "../shell/pages.js";
import { Button } from "../ui/button.js";
import { Callout } from "../ui/callout.js";
import { CopyButton } from "../ui/copy-button.js";
import { Dialog } from "../ui/dialog.js";
import { RadioGroup, Switch, TextArea } from "../ui/field.js";
import { NewPassphraseFields, passphraseProblem } from "../ui/new-passphrase.js";
import { SignedIn } from "./guard.js";
import { History } from "./history.js";
import {
  act,
  followRun,
  loadAll,
  notices,
  organisation,
  problem,
  stopFollowing,
  whyNot,
} from "./organisation-state.js";
import { Prose } from "./prose.js";
import { Rotation } from "./rotation.js";

const title = "Organisation";

export function OrganisationPage(_: PageProps): JSX.Element {
  return (
    <SignedIn title={title}>
      <Organisation />
    </SignedIn>
  );
}

function Organisation(): JSX.Element {
  const { value } = organisation;
  useEffect(() => {
    void loadAll();
    followRun();
    return stopFollowing;
  }, []);
  return (
    <div class="settings">
      <h1>{title}</h1>
      {problem.value !== undefined && (
        <Callout kind="danger">
          <p>{problem.value}</p>
          <Button onClick={() => void loadAll()}>Try again</Button>
        </Callout>
      )}
      {notices.value.length > 0 && (
        <Callout kind="info">
          {notices.value.map((text) => (
            <p key={text}>
              <Prose text={text} />
            </p>
          ))}
        </Callout>
      )}
      {value === undefined ? (
        problem.value === undefined && <p class="loading">Loading…</p>
      ) : value.initialized ? (
        <>
          {value.problem !== null && (
            <Callout kind="danger">
              <p>{value.problem}</p>
            </Callout>
          )}
          <PublicKey />
          <Encryption />
          <Rotation />
          <History />
        </>
      ) : (
        <Initialize />
      )}
    </div>
  );
}

/** As the server wants it. */
const shortestPassphrase = 10;

function Initialize(): JSX.Element {
  const way = useSignal<"passphrase" | "recipients">("passphrase");
  const typed = { passphrase: useSignal(""), again: useSignal("") };
  const recipients = useSignal("");
  const wrong = useSignal<string | undefined>(undefined);
  const isBusy = useSignal(false);
  const reason = whyNot();
  const create = async () => {
    const isSecret = way.value === "passphrase";
    const keys = recipients.value.split(/[\s,]+/).filter((key) => key !== "");
    if (isSecret) wrong.value = passphraseProblem(typed, shortestPassphrase);
    else wrong.value = keys.length === 0 ? "Paste a public key, age1…" : undefined;
    if (wrong.value === undefined) {
      isBusy.value = true;
      try {
        await act("init", isSecret ? { passphrase: typed.passphrase.value } : { recipients: keys });
        notify({ kind: "done", text: "The key pair is made." });
      } catch (error) {
        wrong.value = (error as Error).message;
      } finally {
        isBusy.value = false;
      }
    }
  };
  return (
    <section class="panel stack" aria-labelledby="init-title">
      <h2 id="init-title">Create the organisation's key</h2>
      <p>
        A key pair is made on the server. Anybody can encrypt for its public key; only the private key opens what is
        encrypted. The private key stays on the server, encrypted with what you choose here.
      </p>
      <RadioGroup
        label="Protect the private key with"
        value={way.value}
        options={[
          ["passphrase", "a passphrase, which the server asks for when it starts"],
          ["recipients", "age keys of the people who manage it"],
        ]}
        onChange={(value) => {
          way.value = value;
          wrong.value = undefined;
        }}
      />
      {way.value === "passphrase" ? (
        <NewPassphraseFields
          typed={typed}
          hint={`At least ${shortestPassphrase} characters. Nobody can recover it.`}
          problem={wrong.value}
          onEnter={() => void create()}
        />
      ) : (
        <TextArea
          label="Public keys"
          hint="age1…, one per line. The server needs the private key of one of them (SOPS_AGE_KEY_FILE)."
          value={recipients.value}
          isCode
          problem={wrong.value}
          onInput={(text) => {
            recipients.value = text;
          }}
        />
      )}
      <div class="row">
        <Button
          kind="main"
          disabledReason={reason ?? (isBusy.value ? "The key is being made." : undefined)}
          onClick={() => void create()}
        >
          {isBusy.value ? "One moment…" : "Create the key"}
        </Button>
      </div>
      {reason !== undefined && <p class="muted">{reason}</p>}
    </section>
  );
}

const protections = {
  passphrase: "encrypted with a passphrase",
  recipients: "encrypted for age keys",
  none: "not encrypted: only the rights of the file protect it",
};

function PublicKey(): JSX.Element | null {
  const { value } = organisation;
  if (value === undefined || value.age_public_key === null) return null;
  const key = value.age_public_key;
  return (
    <section class="panel stack" aria-labelledby="key-title">
      <h2 id="key-title">Key</h2>
      <dl class="facts">
        <dt>Public key</dt>
        <dd>
          <code class="public-key">{key}</code>{" "}
          <CopyButton kind="quiet" label="Copy the public key" text={() => key}>
            Copy
          </CopyButton>
        </dd>
        <dt>Private key</dt>
        <dd>
          In <code>{value.keyring}</code> on the server, {protections[value.protection ?? "none"]}.
        </dd>
        <dt>Organisation</dt>
        <dd>
          <code>{value.organisation_id}</code>, generation {value.generation}
        </dd>
      </dl>
      <Callout kind="warning">
        <p>
          Keep a copy of <code>{value.keyring}</code> in a safe place: without it, nobody can open what is encrypted for
          the organisation.
        </p>
      </Callout>
      <p class="muted">
        Anybody may know the public key. It is published in <code>.isosops/organisation.yaml</code>: commit that file.
      </p>
    </section>
  );
}

function Encryption(): JSX.Element | null {
  const isAsking = useSignal(false);
  const { value } = organisation;
  if (value === undefined) return null;
  const change = async (enabled: boolean) => {
    isAsking.value = false;
    try {
      await act(enabled ? "enable" : "disable");
      notify({
        kind: "done",
        text: enabled ? "Encryption is on." : "Encryption is off: marked values are saved in plain text.",
      });
    } catch (error) {
      notifyError(error);
    }
  };
  return (
    <section class="panel stack" aria-labelledby="encryption-title">
      <h2 id="encryption-title">Encryption</h2>
      <Switch
        label="Encrypt marked values when files are saved"
        checked={value.enabled}
        disabledReason={whyNot()}
        onChange={(enabled) => {
          if (enabled) void change(true);
          else isAsking.value = true;
        }}
      />
      {value.enabled ? (
        <p class="muted">Values of marked keys are encrypted for the public key above.</p>
      ) : (
        <Callout kind="warning">
          <p>
            <strong>Encryption is off.</strong> Values of marked keys are saved in plain text. What is encrypted already
            stays encrypted, and still opens.
          </p>
        </Callout>
      )}
      {isAsking.value && (
        <Dialog
          title="Switch encryption off?"
          onClose={() => {
            isAsking.value = false;
          }}
          actions={
            <Button kind="danger" onClick={() => void change(false)}>
              Switch off
            </Button>
          }
        >
          <p>From then on, whoever saves a file writes its marked values in plain text, and Git keeps them.</p>
          <p>Files that are encrypted already stay encrypted.</p>
        </Dialog>
      )}
    </section>
  );
}
