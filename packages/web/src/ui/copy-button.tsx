import type { JSX } from "preact";
import { notify } from "../shell/notices.js";
import { Button } from "./button.js";

/** Copies a text, and says so. */
export function CopyButton({
  text,
  label = "Copy",
  kind = "plain",
  children = "Copy",
  onCopied,
}: {
  text: () => string;
  /** What a screen reader says: what is copied. */
  label?: string;
  kind?: "plain" | "quiet";
  children?: string;
  onCopied?: () => void;
}): JSX.Element {
  return (
    <Button
      kind={kind}
      label={label}
      onClick={async () => {
        try {
          await navigator.clipboard.writeText(text());
        } catch {
          notify({ kind: "problem", text: "The browser does not let this page copy. Select the text and copy it." });
          return;
        }
        notify({ kind: "done", text: "Copied." });
        onCopied?.();
      }}
    >
      {children}
    </Button>
  );
}
