/** CodeMirror as our pages need it. This module and all it imports are loaded when the first editor is shown. */
import { autocompletion, type CompletionSource } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab, isolateHistory } from "@codemirror/commands";
import { bracketMatching, indentOnInput, indentUnit } from "@codemirror/language";
import { type Diagnostic, lintGutter, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { Compartment, EditorState, StateEffect, StateField, Transaction } from "@codemirror/state";
import {
  Decoration,
  type DecorationSet,
  drawSelection,
  EditorView,
  highlightActiveLine,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { languageOf } from "./languages.js";
import { look } from "./look.js";
import { masks, type Range, revealOnLine, setMasks } from "./masks.js";

/** A problem at a place of the text. */
interface Mark extends Range {
  readonly level: "error" | "warning";
  readonly message: string;
}

/** What an editor is made with. */
export interface EditorOptions {
  /** An empty element. */
  readonly parent: HTMLElement;
  readonly label: string;
  readonly text: string;
  readonly format: string;
  readonly readOnly: boolean;
  readonly completions?: CompletionSource | undefined;
  /** After each change that somebody made. */
  readonly onChange?: (() => void) | undefined;
}

/** An editor that was made. */
export interface Editor {
  text(): string;
  /** Replaces the text, as a step that can be undone unless `isNew`. */
  setText(text: string, isNew?: boolean): void;
  setFormat(format: string): void;
  setReadOnly(readOnly: boolean): void;
  setMarks(marks: readonly Mark[]): void;
  /** Values that are hidden until somebody shows them. */
  setMasks(ranges: readonly Range[]): void;
  /** Values with a coloured ground, such as those that will be encrypted. */
  setHighlights(ranges: readonly Range[]): void;
  /** Puts the cursor to an offset, and brings it into sight. */
  goTo(offset: number): void;
  focus(): void;
  destroy(): void;
}

/** Whether all lines end as those of Windows do. */
const endsInCrLf = (text: string) => text.includes("\r\n") && !/(?:^|[^\r])\n/.test(text);

/** In a text whose lines end in CR LF, typed lines end so, too. */
const keepCrLf = EditorView.updateListener.of(({ docChanged, view, changes }) => {
  if (!docChanged) return;
  const fixes: { from: number; to?: number; insert?: string }[] = [];
  changes.iterChangedRanges((_from, _to, from, to) => {
    const start = Math.max(0, from - 1);
    const part = view.state.sliceDoc(start, Math.min(view.state.doc.length, to + 1));
    for (const { 0: found, index } of part.matchAll(/\r\n|\n|\r/g)) {
      const at = start + index;
      // At the edges of the part, half of an end is out of sight.
      if (found === "\n" && !(index === 0 && at > 0)) fixes.push({ from: at, insert: "\r" });
      else if (found === "\r" && view.state.sliceDoc(at + 1, at + 2) !== "\n") fixes.push({ from: at, to: at + 1 });
    }
  });
  if (fixes.length > 0) view.dispatch({ changes: fixes, annotations: Transaction.addToHistory.of(false) });
});

const setHighlighted = StateEffect.define<readonly Range[]>();
const highlight = Decoration.mark({ class: "cm-marked" });

const highlighted = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(set, transaction) {
    let changed = set.map(transaction.changes);
    for (const effect of transaction.effects) {
      if (!effect.is(setHighlighted)) continue;
      const { length } = transaction.newDoc;
      const ranges = effect.value.filter(({ from, to }) => from < to && to <= length);
      changed = Decoration.set(
        ranges.map(({ from, to }) => highlight.range(from, to)),
        true,
      );
    }
    return changed;
  },
  provide: (field) => EditorView.decorations.from(field),
});

export function createEditor({ parent, label, text, format, readOnly, completions, onChange }: EditorOptions): Editor {
  // Styles that code adds to a document are not allowed by the page's policy, those of a shadow tree (`adoptedStyleSheets`) are.
  const root = parent.shadowRoot ?? parent.attachShadow({ mode: "open" });
  const language = new Compartment();
  const editing = new Compartment();
  const editingOf = (isFixed: boolean) => [EditorState.readOnly.of(isFixed), EditorView.editable.of(true)];
  let isOwnChange = false;
  const extensionsFor = (shown: string) => [
    // Offsets are those of the text, whatever ends its lines.
    EditorState.lineSeparator.of("\n"),
    endsInCrLf(shown) ? keepCrLf : [],
    lineNumbers(),
    history(),
    drawSelection(),
    highlightActiveLine(),
    highlightSelectionMatches(),
    bracketMatching(),
    indentOnInput(),
    indentUnit.of("  "),
    search({ top: true }),
    lintGutter(),
    masks,
    highlighted,
    completions === undefined ? [] : autocompletion({ override: [completions] }),
    keymap.of([
      { key: "Alt-Enter", run: revealOnLine },
      // Escape, then Tab leaves the editor.
      indentWithTab,
      ...searchKeymap,
      ...historyKeymap,
      ...defaultKeymap,
    ]),
    look,
    language.of(languageOf(format)),
    editing.of(editingOf(readOnly)),
    EditorView.contentAttributes.of({
      "aria-label": label,
      // One that is read only has to be reached, too, to be scrolled.
      tabindex: "0",
      spellcheck: "false",
      autocorrect: "off",
      autocapitalize: "off",
    }),
    EditorView.lineWrapping,
    // Dropped files are the page's.
    EditorView.domEventHandlers({ drop: (event) => (event.dataTransfer?.files.length ?? 0) > 0 }),
    EditorView.updateListener.of((update) => {
      if (update.docChanged && !isOwnChange) onChange?.();
    }),
  ];
  const view = new EditorView({
    state: EditorState.create({ doc: text, extensions: extensionsFor(text) }),
    parent: root,
    root,
  });

  return {
    text: () => view.state.sliceDoc(),
    setText(changed, isNew = false) {
      isOwnChange = true;
      if (isNew) view.setState(EditorState.create({ doc: changed, extensions: extensionsFor(changed) }));
      else {
        view.dispatch({
          changes: { from: 0, to: view.state.doc.length, insert: changed },
          // Undone by itself, without what was typed just before.
          annotations: isolateHistory.of("full"),
        });
      }
      isOwnChange = false;
    },
    setFormat: (changed) => view.dispatch({ effects: language.reconfigure(languageOf(changed)) }),
    setReadOnly: (isFixed) => view.dispatch({ effects: editing.reconfigure(editingOf(isFixed)) }),
    setMarks(marks) {
      const { length } = view.state.doc;
      const diagnostics = marks.map(
        ({ from, to, level, message }): Diagnostic => ({
          from: Math.min(from, length),
          to: Math.min(to, length),
          severity: level,
          message,
        }),
      );
      view.dispatch(setDiagnostics(view.state, diagnostics));
    },
    setMasks: (ranges) => view.dispatch({ effects: setMasks.of(ranges) }),
    setHighlights: (ranges) => view.dispatch({ effects: setHighlighted.of(ranges) }),
    goTo(offset) {
      const at = Math.min(offset, view.state.doc.length);
      view.dispatch({ selection: { anchor: at }, effects: EditorView.scrollIntoView(at, { y: "center" }) });
    },
    focus: () => view.focus(),
    destroy: () => view.destroy(),
  };
}
