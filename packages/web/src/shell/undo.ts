/** Steps that can be undone, but for those within an editor, which has its own. */
import { computed, type ReadonlySignal, signal } from "@preact/signals";

interface Step {
  /** What was done, such as "marking password". */
  readonly label: string;
  readonly undo: () => void;
}

const steps = signal<readonly Step[]>([]);

/** The last step, undefined if there is none. */
export const lastStep: ReadonlySignal<Step | undefined> = computed(() => steps.value.at(-1));

export function remember(label: string, undo: () => void): void {
  steps.value = [...steps.value.slice(-99), { label, undo }];
}

export function undo(): void {
  const step = steps.value.at(-1);
  steps.value = steps.value.slice(0, -1);
  step?.undo();
}

/** Forgets all steps: they are about something that is gone. */
export function forgetSteps(): void {
  steps.value = [];
}

/** Ctrl+Z, where no text is edited. */
export function listenForUndo(): () => void {
  const press = (event: KeyboardEvent) => {
    if (event.key !== "z" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
    const { target } = event;
    const isText = target instanceof HTMLElement && target.closest("input, textarea, select, .editor") !== null;
    if (isText || steps.value.length === 0) return;
    event.preventDefault();
    undo();
  };
  addEventListener("keydown", press);
  return () => removeEventListener("keydown", press);
}
