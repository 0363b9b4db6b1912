import type { ComponentChildren, JSX } from "preact";

/** @param kind `main` for the one thing to do next, `danger` for what cannot be undone, `quiet` in lists and bars */
export function Button({
  kind = "plain",
  label,
  disabledReason,
  children,
  onClick,
  pressed,
  type = "button",
}: {
  kind?: "main" | "plain" | "danger" | "quiet";
  /** What a screen reader says, and a tooltip, if the text is only a sign. */
  label?: string;
  /** Why it cannot be pressed now. The button stays reachable by keyboard, so that the reason is heard. */
  disabledReason?: string | undefined;
  /** For one that is on or off. */
  pressed?: boolean;
  type?: "button" | "submit";
  children: ComponentChildren;
  onClick?: (event: MouseEvent) => void;
}): JSX.Element {
  const disabled = disabledReason !== undefined;
  return (
    <button
      type={type}
      class={`button button-${kind}`}
      aria-label={label}
      title={disabledReason ?? label}
      aria-pressed={pressed}
      aria-disabled={disabled ? true : undefined}
      onClick={(event) => {
        if (disabled) event.preventDefault();
        else onClick?.(event);
      }}
    >
      {children}
    </button>
  );
}
