import type { JSX } from "preact";
import type { FileFacts } from "../engine/documents.js";
import { Button } from "../ui/button.js";
import { Callout } from "../ui/callout.js";
import { Checkbox } from "../ui/field.js";
import { Message } from "../ui/message.js";
import { download } from "./files.js";
import { RuleLine } from "./seal-panel.js";
import {
  allowExtra,
  busy,
  currentText,
  decryptDocument,
  editToRestore,
  facts,
  identities,
  read,
  resealDocument,
  workDocument,
} from "./state.js";

/** A file that is encrypted: who can open it, what is wrong with it, and the button that decrypts it. */
export function LockedPanel(): JSX.Element {
  const { value } = facts;
  const findings = read.value?.findings ?? [];
  return (
    <>
      <section class="panel stack" aria-labelledby="locked-title">
        <h2 id="locked-title">Encrypted file</h2>
        {value !== undefined && <Facts facts={value} />}
        {editToRestore.value !== undefined && (
          <Callout kind="info">
            <p>What you typed before comes back when the file is decrypted.</p>
          </Callout>
        )}
        <Button
          kind="main"
          disabledReason={busy.value ?? (identities.value.length === 0 ? "Add an identity first, below." : undefined)}
          onClick={() => void decryptDocument()}
        >
          {busy.value ?? "Decrypt"}
        </Button>
      </section>
      <section class="panel" aria-labelledby="findings-title">
        <h2 id="findings-title">Check without a key</h2>
        {findings.length === 0 ? (
          <p class="muted">Nothing is wrong with the file, as far as it can be seen without a key.</p>
        ) : (
          <ul class="check-findings">
            {findings.slice(0, 50).map(({ rule, level, message, region }, index) => (
              <li key={`${rule}-${index}`}>
                <strong class={`check-${level}`}>{level === "error" ? "Error" : "Warning"}</strong>
                {region !== undefined && ` on line ${region.line}`}: <Message text={message} />
              </li>
            ))}
            {findings.length > 50 && <li>{findings.length - 50} more</li>}
          </ul>
        )}
      </section>
    </>
  );
}

/** A file that is decrypted: what to do with what was edited. */
export function OpenedPanel(): JSX.Element {
  const { value } = facts;
  return (
    <section class="panel stack" aria-labelledby="opened-title">
      <h2 id="opened-title">Edit and encrypt again</h2>
      <p class="muted">
        Values are hidden until you press them, or Alt+Enter on their line. What you do not change keeps its ciphertext.
      </p>
      {value !== undefined && <Facts facts={value} />}
      <Checkbox
        label="If no rule fits what is marked, encrypt more than that"
        checked={allowExtra.value}
        onChange={(agreed) => {
          allowExtra.value = agreed;
        }}
      />
      <Button kind="main" disabledReason={busy.value} onClick={() => void resealDocument()}>
        {busy.value ?? "Encrypt changes"}
      </Button>
      <details>
        <summary>Plain text</summary>
        <p>The downloaded file has all values in plain text. Delete it when you do not need it.</p>
        <Button
          kind="danger"
          onClick={() => download(`decrypted-${workDocument.value?.name ?? "file"}`, currentText())}
        >
          Download decrypted
        </Button>
      </details>
    </section>
  );
}

function Facts({ facts: { keys, groups, threshold, rule, lastModified } }: { facts: FileFacts }): JSX.Element {
  return (
    <div>
      <RuleLine rule={rule} />
      <p>
        {groups > 1 ? `Keys, of ${threshold ?? groups} of ${groups} groups one each:` : "Opened by any of these keys:"}
      </p>
      <ul class="file-keys">
        {keys.map(({ type, name }) => (
          <li key={`${type} ${name}`}>
            {type === "age" ? "" : `${type} `}
            <code>{name}</code>
          </li>
        ))}
      </ul>
      <p class="muted">Last modified {lastModified}</p>
    </div>
  );
}
