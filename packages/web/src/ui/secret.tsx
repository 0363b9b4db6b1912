import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Button } from "./button.js";
import { CopyButton } from "./copy-button.js";

/** A value that is hidden until it is asked for. While it is hidden, it is not in the document either. */
export function Secret({ name, value }: { name: string; value: string }): JSX.Element {
  const [shown, setShown] = useState(false);
  return (
    <span class="secret">
      {shown ? <code>{value}</code> : <span class="secret-mask">hidden</span>}
      <Button
        kind="quiet"
        label={shown ? `Hide ${name}` : `Show ${name}`}
        pressed={shown}
        onClick={() => setShown(!shown)}
      >
        {shown ? "Hide" : "Show"}
      </Button>
      <CopyButton kind="quiet" label={`Copy ${name}`} text={() => value} />
    </span>
  );
}
