/** A passphrase that somebody chooses, typed twice. */
import type { Signal } from "@preact/signals";
import type { JSX } from "preact";
import { TextField } from "./field.js";

/** What is in both fields. */
export interface NewPassphrase {
  readonly passphrase: Signal<string>;
  readonly again: Signal<string>;
}

/**
 * @param least the number of characters
 * @returns what is to be done first; undefined if it can be used
 */
export function passphraseProblem({ passphrase, again }: NewPassphrase, least: number): string | undefined {
  if (passphrase.value.length < least) return `Choose a passphrase of at least ${least} characters.`;
  return passphrase.value === again.value ? undefined : "The two passphrases differ. Type them again.";
}

export function NewPassphraseFields({
  typed: { passphrase, again },
  hint,
  problem,
  onEnter,
}: {
  typed: NewPassphrase;
  hint: string;
  problem: string | undefined;
  onEnter: () => void;
}): JSX.Element {
  return (
    <>
      <TextField
        label="Passphrase"
        hint={hint}
        value={passphrase.value}
        isSecret
        onInput={(text) => {
          passphrase.value = text;
        }}
      />
      <TextField
        label="Passphrase, once more"
        value={again.value}
        isSecret
        problem={problem}
        onInput={(text) => {
          again.value = text;
        }}
        onEnter={onEnter}
      />
    </>
  );
}
