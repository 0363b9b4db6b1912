/** The section "Encrypted Keys (SOPS)" beside the editor: what is marked, what may be meant, what should be marked. */
import type { KeyMatch } from "@isosops/gitops";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { remember } from "../shell/undo.js";
import { Button } from "../ui/button.js";
import { TextField } from "../ui/field.js";
import { completeKey } from "./complete-keys.js";
import type { EditSession } from "./edit-session.js";
import type { SuggestedKey } from "./suggest-keys.js";

export function KeysSection({
  session,
  isReadOnly,
  onChange,
}: {
  session: EditSession;
  isReadOnly: boolean;
  onChange: () => void;
}): JSX.Element {
  const { keys, lookedUp, problem } = session;
  const [typed, setTyped] = useState("");
  const change = (label: string, action: () => void) => {
    const before = keys.value;
    action();
    remember(label, () => {
      session.setKeys(before);
      onChange();
    });
    onChange();
  };
  const add = (key: string) => {
    if (key.trim() === "") return;
    change(`marking ${key.trim()}`, () => session.addKey(key.trim()));
    setTyped("");
  };
  const matches = new Map(lookedUp.value?.matches.map((match) => [match.key, match]));
  const known = lookedUp.value?.known ?? [];
  const suggestions = (lookedUp.value?.suggestions ?? []).filter(({ key }) => !keys.value.includes(key));
  return (
    <section class="panel stack keys" aria-labelledby="keys-title">
      <h2 id="keys-title">Encrypted Keys (SOPS)</h2>
      <p class="muted">The values of these keys are encrypted when you save. All else stays as you see it.</p>
      {problem.value !== undefined && (
        <p class="field-problem" role="alert">
          Keys cannot be looked up: {problem.value.message}
        </p>
      )}
      {keys.value.length === 0 ? (
        <p>No key is marked.</p>
      ) : (
        <ul class="key-list" aria-label="Marked keys">
          {keys.value.map((key) => (
            <MarkedKey
              key={key}
              name={key}
              match={matches.get(key)}
              isReadOnly={isReadOnly}
              onRemove={() => change(`unmarking ${key}`, () => session.removeKey(key))}
              onReplace={(instead) => change(`marking ${instead} for ${key}`, () => session.removeKey(key, instead))}
            />
          ))}
        </ul>
      )}
      {!isReadOnly && (
        <>
          <div class="add-key">
            <TextField
              label="Add a key"
              hint="A name, such as password, or a path, such as auth.password."
              value={typed}
              isCode
              list={completeKey(known, typed)}
              onInput={setTyped}
              onEnter={() => add(typed)}
            />
            <Button onClick={() => add(typed)}>Mark</Button>
          </div>
          {suggestions.length > 0 && (
            <div>
              <h3>Suggested</h3>
              <ul class="chips">
                {suggestions.map((suggestion) => (
                  <li key={suggestion.key}>
                    <Button
                      label={`Mark ${suggestion.key}, ${reasons[suggestion.because]}`}
                      onClick={() => add(suggestion.key)}
                    >
                      + {suggestion.key}
                    </Button>
                    <span class="muted">{reasons[suggestion.because]}</span>
                  </li>
                ))}
              </ul>
              {suggestions.length > 1 && (
                <Button
                  kind="quiet"
                  onClick={() =>
                    change("marking all suggested keys", () => {
                      for (const { key } of suggestions) session.addKey(key);
                    })
                  }
                >
                  Mark all {suggestions.length}
                </Button>
              )}
            </div>
          )}
        </>
      )}
    </section>
  );
}

const reasons: Readonly<Record<SuggestedKey["because"], string>> = {
  name: "has the name of a secret",
  value: "its value looks like a secret",
  "pull-secret": "the credentials of a pull secret",
};

/** More paths are counted. */
const mostPaths = 6;

function MarkedKey({
  name,
  match,
  isReadOnly,
  onRemove,
  onReplace,
}: {
  name: string;
  match: KeyMatch | undefined;
  isReadOnly: boolean;
  onRemove: () => void;
  onReplace: (instead: string) => void;
}): JSX.Element {
  return (
    <li class={match?.problem === undefined ? undefined : "key-wrong"}>
      <div class="row spread">
        <code>{name}</code>
        {!isReadOnly && (
          <Button kind="quiet" label={`Remove ${name}`} onClick={onRemove}>
            Remove
          </Button>
        )}
      </div>
      {match !== undefined && <KeyNotes match={match} isReadOnly={isReadOnly} onReplace={onReplace} />}
    </li>
  );
}

function KeyNotes({
  match,
  isReadOnly,
  onReplace,
}: {
  match: KeyMatch;
  isReadOnly: boolean;
  onReplace: (instead: string) => void;
}): JSX.Element | null {
  const { key, paths, values, notice, problem, near } = match;
  const choices = (options: readonly string[], word: string) =>
    !isReadOnly &&
    options.length > 0 && (
      <div class="row">
        {options.map((option) => (
          <Button key={option} label={`${word} ${option} instead of ${key}`} onClick={() => onReplace(option)}>
            {word} {option}
          </Button>
        ))}
      </div>
    );
  if (problem !== undefined) {
    return (
      <>
        <p class="field-problem">{problem}</p>
        {choices(near, "Use")}
      </>
    );
  }
  if (values === 0) return <p class="key-note">There is no value to encrypt yet.</p>;
  const shown = paths.slice(0, mostPaths).join(", ");
  const more = paths.length > mostPaths ? ` and ${paths.length - mostPaths} more` : "";
  if (paths.length > 1) {
    return (
      <>
        <p class="key-warning">
          {notice ??
            `Encrypts every ${key}, ${paths.length} of them: ${shown}${more}. If only one is meant, use its path.`}
        </p>
        {choices(paths.slice(0, mostPaths), "Only")}
      </>
    );
  }
  if (notice !== undefined) return <p class="key-warning">{notice}</p>;
  const what = values === 1 ? "1 value" : `all ${values} values below it`;
  return (
    <p class="key-note">
      Encrypts {what}
      {paths[0] !== key && `: ${paths[0]}`}
    </p>
  );
}
