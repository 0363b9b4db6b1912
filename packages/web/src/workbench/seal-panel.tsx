import type { JSX } from "preact";
import type { ShownRule } from "../engine/documents.js";
import { Button } from "../ui/button.js";
import { Callout } from "../ui/callout.js";
import { Checkbox, FileButton, RadioGroup, SelectField, TextArea, TextField } from "../ui/field.js";
import { Message } from "../ui/message.js";
import { readFile } from "./files.js";
import { pathText } from "./selectors.js";
import {
  allowExtra,
  busy,
  type ChoiceKind,
  changeChoice,
  changeConfigPath,
  changeRecipients,
  changeRule,
  choiceKind,
  config,
  configProblem,
  configRule,
  customRule,
  encryptDocument,
  forgetConfig,
  marks,
  preview,
  previewProblem,
  recipients,
  recipientsText,
  sealProblem,
  useConfig,
  workDocument,
} from "./state.js";

/** What to encrypt, for whom, and the button that does it. */
export function SealPanel(): JSX.Element {
  return (
    <>
      {workDocument.value?.format !== "binary" && <WhatPanel />}
      <WhoPanel />
      <div class="stack">
        <Button kind="main" disabledReason={busy.value ?? sealProblem.value} onClick={() => void encryptDocument()}>
          {busy.value ?? "Encrypt"}
        </Button>
        {sealProblem.value !== undefined && sealProblem.value !== previewProblem.value && (
          <p class="muted">
            <Message text={sealProblem.value} />
          </p>
        )}
      </div>
    </>
  );
}

const ruleNames: readonly (readonly [string, string])[] = [
  ["encrypted_regex", "Keys that match"],
  ["unencrypted_regex", "All but keys that match"],
  ["encrypted_suffix", "Keys that end in"],
  ["unencrypted_suffix", "All but keys that end in"],
  ["encrypted_comment_regex", "What follows a comment that matches"],
  ["unencrypted_comment_regex", "All but what follows a comment that matches"],
];

function WhatPanel(): JSX.Element {
  const options: (readonly [ChoiceKind, string])[] = [
    ["select", "The keys that are marked"],
    ["everything", "Everything, but keys that end in _unencrypted"],
    ["rule", "What a rule of sops says"],
  ];
  if (configRule.value !== undefined) options.push(["config", "What .sops.yaml says"]);
  return (
    <section class="panel stack" aria-labelledby="what-title">
      <h2 id="what-title">What to encrypt</h2>
      <RadioGroup
        label="Encrypt"
        value={choiceKind.value}
        options={options}
        onChange={(kind) => void changeChoice(kind)}
      />
      {choiceKind.value === "rule" && (
        <>
          <SelectField
            label="Rule"
            value={customRule.value.name}
            options={ruleNames}
            onChange={(name) => void changeRule({ ...customRule.value, name })}
          />
          <TextField
            label={customRule.value.name.endsWith("suffix") ? "Suffix" : "Regular expression (RE2)"}
            value={customRule.value.value}
            isCode
            onInput={(value) => void changeRule({ ...customRule.value, value })}
          />
        </>
      )}
      <PreviewText />
    </section>
  );
}

/** The rule that the file will have, and what it encrypts beyond what was marked. */
function PreviewText(): JSX.Element {
  const { value } = preview;
  if (previewProblem.value !== undefined) {
    return (
      <Callout kind="warning">
        <p>
          <Message text={previewProblem.value} />
        </p>
      </Callout>
    );
  }
  if (value === undefined) {
    return (
      <p class="muted" role="status">
        {choiceKind.value === "select" && marks.value.size === 0 ? "Nothing is marked yet." : "Looking for the rule…"}
      </p>
    );
  }
  const { rule, encryptedValues, extra, explanation, hasMarks } = value;
  return (
    <div class="stack" role="status">
      <RuleLine rule={rule} />
      <p class="muted">
        {encryptedValues === 1 ? "1 value is encrypted." : `${encryptedValues} values are encrypted.`}
      </p>
      {hasMarks && (
        <Callout kind="info">
          <p>
            Names of keys do not tell these values from the others. A comment <code># sops:encrypt</code> is put above
            them.
          </p>
        </Callout>
      )}
      {extra.length > 0 && (
        <Callout kind="warning">
          <p>
            <Message text={explanation?.replace(/ Rename a key.*$/, "") ?? ""} />
          </p>
          <p>Encrypted, too:</p>
          <ul>
            {[...new Set(extra.map(pathText))].slice(0, 20).map((path) => (
              <li key={path}>
                <code>{path}</code>
              </li>
            ))}
            {extra.length > 20 && <li>{extra.length - 20} more</li>}
          </ul>
          <p>Rename a key, mark those, too, or agree:</p>
          <Checkbox
            label="Encrypt these as well"
            checked={allowExtra.value}
            onChange={(agreed) => {
              allowExtra.value = agreed;
            }}
          />
        </Callout>
      )}
    </div>
  );
}

/** A rule as it stands in a file. */
export function RuleLine({ rule }: { rule: ShownRule | undefined }): JSX.Element {
  if (rule === undefined) return <p>Rule: all values.</p>;
  return (
    <p>
      Rule:{" "}
      <code class="rule">
        {rule.name}: {rule.value}
      </code>
    </p>
  );
}

function WhoPanel(): JSX.Element {
  const rule = configRule.value;
  const wrong = recipients.value.find(({ problem }) => problem !== undefined);
  return (
    <section class="panel stack" aria-labelledby="who-title">
      <h2 id="who-title">Who can open it</h2>
      {config.value !== undefined && (
        <div class="stack">
          <p>
            From <code>{config.value.name}</code>
            {rule !== undefined && `, the rule on line ${rule.line}`}
          </p>
          <TextField
            label="Path of the file, as seen from .sops.yaml"
            value={config.value.path}
            isCode
            problem={configProblem.value}
            onInput={(path) => void changeConfigPath(path)}
          />
          {rule !== undefined && (
            <ul class="file-keys">
              {rule.recipients.map((recipient) => (
                <li key={recipient}>
                  <code>{recipient}</code>
                </li>
              ))}
              {rule.otherKeys.map(({ type, name }) => (
                <li key={name}>
                  {type} <code>{name}</code>
                </li>
              ))}
            </ul>
          )}
          <Button kind="quiet" onClick={() => void forgetConfig()}>
            Do not use this .sops.yaml
          </Button>
        </div>
      )}
      {rule === undefined && (
        <>
          <TextArea
            label="Recipients"
            hint="Public keys of age or SSH, one per line: age1… or ssh-ed25519 …"
            value={recipientsText.value}
            isCode
            problem={wrong === undefined ? undefined : `${wrong.recipient.slice(0, 24)}: ${wrong.problem}`}
            onInput={(text) => void changeRecipients(text)}
          />
          <FileButton
            label="Take them from .sops.yaml…"
            onFiles={async ([file]) => {
              if (file === undefined) return;
              const { content } = await readFile(file);
              if (typeof content === "string") await useConfig(content, file.name);
            }}
          />
        </>
      )}
    </section>
  );
}
