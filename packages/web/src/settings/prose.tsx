/** Sentences of the server, which names commands between backquotes. */
import type { JSX } from "preact";

/** A sentence with commands between backquotes. */
export function Prose({ text }: { text: string }): JSX.Element {
  return <>{text.split("`").map((part, index) => (index % 2 === 1 ? <code key={index}>{part}</code> : part))}</>;
}
