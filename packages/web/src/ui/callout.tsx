import type { ComponentChildren, JSX } from "preact";

/** A text that stands out: a warning, or a fact that is easily missed. */
export function Callout({
  kind,
  children,
}: {
  kind: "info" | "warning" | "danger";
  children: ComponentChildren;
}): JSX.Element {
  return <div class={`callout callout-${kind}`}>{children}</div>;
}
