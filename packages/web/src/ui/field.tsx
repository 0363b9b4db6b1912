/** Inputs with their labels, a hint, and what is wrong with what was typed. */
import type { ComponentChildren, JSX } from "preact";
import { useId } from "preact/hooks";
import { Message } from "./message.js";

interface FieldProps {
  label: string;
  /** A sentence below the label. */
  hint?: ComponentChildren;
  /** What is wrong, and what to do. */
  problem?: string | undefined;
}

function Field({
  id,
  label,
  hint,
  problem,
  children,
}: FieldProps & { id: string; children: ComponentChildren }): JSX.Element {
  return (
    <div class={problem === undefined ? "field" : "field field-wrong"}>
      <label for={id}>{label}</label>
      {hint !== undefined && (
        <p class="field-hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {children}
      {problem !== undefined && (
        <p class="field-problem" id={`${id}-problem`} role="alert">
          <Message text={problem} />
        </p>
      )}
    </div>
  );
}

/** The attributes that join an input with its hint and its problem. */
function described(id: string, { hint, problem }: FieldProps) {
  const ids = [hint === undefined ? "" : `${id}-hint`, problem === undefined ? "" : `${id}-problem`].filter(Boolean);
  return {
    "aria-describedby": ids.length === 0 ? undefined : ids.join(" "),
    "aria-invalid": problem === undefined ? undefined : true,
  };
}

interface TextProps extends FieldProps {
  value: string;
  onInput: (value: string) => void;
  placeholder?: string;
  /** Nothing that a browser should remember or correct: keys, passphrases, names of keys. */
  isCode?: boolean;
}

/**
 * A line of text. With `isSecret` it is shown as dots. It is no password to the browser: that would offer to keep it, and a private key would be
 * in its storage.
 */
export function TextField({
  isSecret = false,
  list,
  onEnter,
  ...props
}: TextProps & { isSecret?: boolean; list?: readonly string[]; onEnter?: () => void }): JSX.Element {
  const id = useId();
  const input = {
    id,
    class: ["input", props.isCode ? "code" : "", isSecret ? "masked" : ""].join(" "),
    value: props.value,
    placeholder: props.placeholder,
    autocomplete: "off" as const,
    spellcheck: false,
    autocapitalize: "off" as const,
    onInput: (event: { currentTarget: HTMLInputElement }) => props.onInput(event.currentTarget.value),
    onKeyDown: (event: KeyboardEvent) => {
      if (event.key !== "Enter" || onEnter === undefined) return;
      event.preventDefault();
      onEnter();
    },
    ...described(id, props),
  };
  return (
    <Field id={id} {...props}>
      {list === undefined ? <input {...input} type="text" /> : <input {...input} list={`${id}-list`} />}
      {list !== undefined && (
        <datalist id={`${id}-list`}>
          {list.map((item) => (
            <option key={item} value={item} />
          ))}
        </datalist>
      )}
    </Field>
  );
}

/** Several lines of text. */
export function TextArea({ rows = 3, ...props }: TextProps & { rows?: number }): JSX.Element {
  const id = useId();
  return (
    <Field id={id} {...props}>
      <textarea
        id={id}
        class={props.isCode ? "input code" : "input"}
        rows={rows}
        value={props.value}
        placeholder={props.placeholder}
        autocomplete="off"
        spellcheck={false}
        autocapitalize="off"
        onInput={(event) => props.onInput(event.currentTarget.value)}
        {...described(id, props)}
      />
    </Field>
  );
}

/** One of a few. */
export function SelectField<Value extends string>({
  value,
  options,
  onChange,
  ...props
}: FieldProps & {
  value: Value;
  options: readonly (readonly [value: Value, label: string])[];
  onChange: (value: Value) => void;
}): JSX.Element {
  const id = useId();
  return (
    <Field id={id} {...props}>
      <select
        id={id}
        class="input"
        value={value}
        onChange={(event) => onChange(event.currentTarget.value as Value)}
        {...described(id, props)}
      >
        {options.map(([key, label]) => (
          <option key={key} value={key}>
            {label}
          </option>
        ))}
      </select>
    </Field>
  );
}

/** One of a few, all of them shown. */
export function RadioGroup<Value extends string>({
  label,
  value,
  options,
  onChange,
}: {
  label: string;
  value: Value;
  options: readonly (readonly [value: Value, label: string])[];
  onChange: (value: Value) => void;
}): JSX.Element {
  const id = useId();
  return (
    <fieldset class="radio-group">
      <legend>{label}</legend>
      {options.map(([key, text]) => (
        <label key={key} class="choice">
          <input type="radio" name={id} checked={key === value} onChange={() => onChange(key)} />
          <span>{text}</span>
        </label>
      ))}
    </fieldset>
  );
}

/** Yes or no. */
export function Checkbox({
  label,
  checked,
  onChange,
}: {
  label: ComponentChildren;
  checked: boolean;
  onChange: (checked: boolean) => void;
}): JSX.Element {
  return (
    <label class="choice">
      <input type="checkbox" checked={checked} onChange={(event) => onChange(event.currentTarget.checked)} />
      <span>{label}</span>
    </label>
  );
}

/** What is on or off as soon as it is pressed. */
export function Switch({
  label,
  checked,
  disabledReason,
  onChange,
}: {
  label: string;
  checked: boolean;
  /** Why it cannot be changed now. */
  disabledReason?: string | undefined;
  onChange: (checked: boolean) => void;
}): JSX.Element {
  const disabled = disabledReason !== undefined;
  return (
    <button
      type="button"
      role="switch"
      class="switch"
      aria-checked={checked}
      aria-disabled={disabled ? true : undefined}
      title={disabledReason}
      onClick={() => {
        if (!disabled) onChange(!checked);
      }}
    >
      <span class="switch-track" aria-hidden="true" />
      <span>{label}</span>
    </button>
  );
}

/** A button that opens the browser's dialog for files. */
export function FileButton({
  label,
  accept,
  onFiles,
}: {
  label: string;
  accept?: string;
  onFiles: (files: readonly File[]) => void;
}): JSX.Element {
  return (
    <label class="button file-button">
      {label}
      <input
        type="file"
        class="visually-hidden"
        accept={accept}
        onChange={(event) => {
          onFiles([...(event.currentTarget.files ?? [])]);
          // The same file may be chosen again.
          event.currentTarget.value = "";
        }}
      />
    </label>
  );
}
