import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { TextEditor } from "../editor/editor.js";
import { Button } from "../ui/button.js";
import { Callout } from "../ui/callout.js";
import { CopyButton } from "../ui/copy-button.js";
import { Diff } from "../ui/diff.js";
import { Message } from "../ui/message.js";
import { Tabs } from "../ui/tabs.js";
import { download } from "./files.js";
import { RuleLine } from "./seal-panel.js";
import { pathText } from "./selectors.js";
import { busy, result, saved, saveInPlace, workDocument } from "./state.js";

/** The encrypted file: what changed, all of it, and where it can go. */
export function ResultView(): JSX.Element | null {
  const [shown, setShown] = useState<"changes" | "file">("changes");
  const { value } = result;
  const file = workDocument.value;
  if (value === undefined || file === undefined) return null;
  const { text, encryptedValues, extra, rule, warnings, diff } = value;
  return (
    <div class="stack">
      <div class="row spread">
        <p class="result-line" role="status">
          {encryptedValues === 0
            ? "No value is encrypted."
            : `Encrypted: ${encryptedValues} ${encryptedValues === 1 ? "value" : "values"}.`}
        </p>
        <div class="row">
          <CopyButton label="Copy the encrypted file" text={() => text} onCopied={() => void saved()} />
          <Button
            onClick={() => {
              download(file.name, text);
              void saved();
            }}
          >
            Download
          </Button>
          {file.handle !== undefined && (
            <Button kind="main" disabledReason={busy.value} onClick={() => void saveInPlace()}>
              Save in place
            </Button>
          )}
        </div>
      </div>
      {encryptedValues === 0 && (
        <Callout kind="warning">
          <p>The rule chose nothing, or only empty values: all of the file is in plain text.</p>
        </Callout>
      )}
      <RuleLine rule={rule} />
      {extra.length > 0 && <p>Also encrypted: {[...new Set(extra.map(pathText))].slice(0, 20).join(", ")}</p>}
      {warnings.map(({ message }) => (
        <Callout key={message} kind="warning">
          <p>
            <Message text={message} />
          </p>
        </Callout>
      ))}
      <Tabs
        label="Views of the result"
        tabs={[
          ["changes", "Changes"],
          ["file", "Whole file"],
        ]}
        selected={shown}
        onSelect={setShown}
      >
        {shown === "changes" ? (
          <Diff label="What changed in the file" diff={diff} />
        ) : (
          <div class="result-file">
            <TextEditor key={text.length} label="Encrypted file" text={text} format={file.format} readOnly />
          </div>
        )}
      </Tabs>
    </div>
  );
}
