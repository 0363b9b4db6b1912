import type { JSX } from "preact";

/** A message of the library, in which code stands between backticks. */
export function Message({ text }: { text: string }): JSX.Element {
  return (
    <>{text.split(/(`[^`\n]+`)/).map((part) => (/^`.+`$/.test(part) ? <code>{part.slice(1, -1)}</code> : part))}</>
  );
}
