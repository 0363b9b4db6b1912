import type { JSX } from "preact";
import { useId } from "preact/hooks";

/** How far something is: `done` of `of`, or without `of` that it goes on. */
export function Progress({ label, done, of }: { label: string; done?: number; of?: number }): JSX.Element {
  const id = useId();
  return (
    <div class="progress">
      <label for={id}>
        {label}
        {of !== undefined && ` (${done ?? 0} of ${of})`}
      </label>
      <progress id={id} value={of === undefined ? undefined : done} max={of} />
    </div>
  );
}
