/** Short messages above the page: what was done, and what went wrong with what to do about it. Screen readers say them. */
import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { Button } from "../ui/button.js";
import { Message } from "../ui/message.js";

/** A message. */
export interface Notice {
  readonly kind: "done" | "problem";
  /** Never a secret. */
  readonly text: string;
  /** A button beside the text, such as "Undo". */
  readonly action?: { readonly label: string; readonly run: () => void } | undefined;
}

const shown = signal<readonly (Notice & { readonly id: number })[]>([]);
let count = 0;

/** Shows a message. One that something was done disappears by itself, a problem stays until it is closed. */
export function notify(notice: Notice): void {
  const id = count++;
  // The same text twice says nothing more.
  shown.value = [...shown.value.filter(({ text }) => text !== notice.text), { ...notice, id }].slice(-4);
  if (notice.kind === "done") setTimeout(() => close(id), notice.action === undefined ? 6000 : 15_000);
}

/** Shows the message of an error. */
export function notifyError(error: unknown): void {
  notify({ kind: "problem", text: error instanceof Error ? error.message : String(error) });
}

/** Removes all messages. */
export function clearNotices(): void {
  shown.value = [];
}

function close(id: number): void {
  shown.value = shown.value.filter((notice) => notice.id !== id);
}

export function Notices(): JSX.Element {
  return (
    <section class="notices" aria-label="Messages" aria-live="polite">
      {shown.value.map(({ id, kind, text, action }) => (
        <div key={id} class={`notice notice-${kind}`} role={kind === "problem" ? "alert" : undefined}>
          <p>
            <Message text={text} />
          </p>
          {action !== undefined && (
            <Button
              kind="quiet"
              onClick={() => {
                close(id);
                action.run();
              }}
            >
              {action.label}
            </Button>
          )}
          <Button kind="quiet" label="Close this message" onClick={() => close(id)}>
            ×
          </Button>
        </div>
      ))}
    </section>
  );
}
