/** The editor as a component. */
import type { CompletionSource } from "@codemirror/autocomplete";
import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Editor } from "./create.js";

/**
 * A text in an editor, whose code is loaded first. The editor has its own text: what it is now is asked of the {@link Editor} that `onReady`
 * gives.
 */
export function TextEditor({
  label,
  text,
  format,
  readOnly = false,
  completions,
  onReady,
  onChange,
}: {
  label: string;
  /** At first. Give the component another `key` for another document. */
  text: string;
  format: string;
  readOnly?: boolean;
  completions?: CompletionSource;
  onReady?: (editor: Editor) => void;
  onChange?: () => void;
}): JSX.Element {
  const parent = useRef<HTMLDivElement>(null);
  const editor = useRef<Editor | undefined>(undefined);
  const [state, setState] = useState<"loading" | "ready" | "failed">("loading");
  // What they are when the code is loaded counts, not what they were before.
  const latest = useRef({ format, readOnly, onReady, onChange });
  latest.current = { format, readOnly, onReady, onChange };

  // Made once, and told of changes below.
  useEffect(() => {
    let isGone = false;
    import("./create.js").then(
      ({ createEditor }) => {
        if (isGone || parent.current === null) return;
        const made = createEditor({
          parent: parent.current,
          label,
          text,
          format: latest.current.format,
          readOnly: latest.current.readOnly,
          completions,
          onChange: () => latest.current.onChange?.(),
        });
        editor.current = made;
        setState("ready");
        latest.current.onReady?.(made);
      },
      () => setState("failed"),
    );
    return () => {
      isGone = true;
      editor.current?.destroy();
      editor.current = undefined;
    };
  }, []);
  useEffect(() => editor.current?.setFormat(format), [format]);
  // Not after the next frame: until then, what the page calls encrypted could be typed into.
  useLayoutEffect(() => editor.current?.setReadOnly(readOnly), [readOnly]);

  return (
    <div class="editor">
      {state === "loading" && <p class="loading">Loading the editor…</p>}
      {state === "failed" && <p role="alert">The editor could not be loaded. Check the connection, then reload.</p>}
      <div ref={parent} class="editor-host" />
    </div>
  );
}
