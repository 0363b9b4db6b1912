import type { JSX } from "preact";
import { CopyButton } from "../ui/copy-button.js";

/** A command for a terminal, to be copied. */
export function Command({ command, label = "Copy the command" }: { command: string; label?: string }): JSX.Element {
  return (
    <p class="command">
      <code>{command}</code>{" "}
      <CopyButton kind="quiet" label={label} text={() => command}>
        Copy
      </CopyButton>
    </p>
  );
}
