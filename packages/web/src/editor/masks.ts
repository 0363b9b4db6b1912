/** Values that are hidden until they are asked for, one by one. A hidden value is not in the page's elements. */
import { type Extension, RangeSet, StateEffect, StateField, type Transaction } from "@codemirror/state";
import { Decoration, type DecorationSet, EditorView, WidgetType } from "@codemirror/view";

/** Offsets in the text. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** Hides these values and no others. */
export const setMasks: ReturnType<typeof StateEffect.define<readonly Range[]>> = StateEffect.define<readonly Range[]>();

/** Shows the value at an offset. */
const reveal = StateEffect.define<number>();

class Mask extends WidgetType {
  override eq(other: WidgetType): boolean {
    return other instanceof Mask;
  }

  override toDOM(view: EditorView): HTMLElement {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "cm-mask";
    button.textContent = "hidden";
    button.setAttribute("aria-label", "Hidden value: press to show it");
    button.onclick = () => {
      const at = view.posAtDOM(button);
      view.dispatch({ effects: reveal.of(at), selection: { anchor: at } });
      view.focus();
    };
    return button;
  }

  override ignoreEvent(): boolean {
    return true;
  }
}

const mask = Decoration.replace({ widget: new Mask() });

const masked = StateField.define<DecorationSet>({
  create: () => RangeSet.empty,
  update: (set, transaction) => afterTransaction(set, transaction),
  provide: (field) => [
    EditorView.decorations.from(field),
    // The cursor does not go into one.
    EditorView.atomicRanges.of((view) => view.state.field(field)),
  ],
});

function afterTransaction(set: DecorationSet, transaction: Transaction): DecorationSet {
  let changed = set.map(transaction.changes);
  for (const effect of transaction.effects) {
    if (effect.is(setMasks)) {
      changed = RangeSet.of(
        effect.value
          .filter(({ from, to }) => from < to && to <= transaction.newDoc.length)
          .map(({ from, to }) => mask.range(from, to)),
        true,
      );
    } else if (effect.is(reveal)) {
      changed = changed.update({
        filterFrom: effect.value,
        filterTo: effect.value,
        filter: (from) => from !== effect.value,
      });
    }
  }
  return changed;
}

/** Alt+Enter shows the hidden value on the line of the cursor, for those who do not reach the button. */
export function revealOnLine(view: EditorView): boolean {
  const { from, to } = view.state.doc.lineAt(view.state.selection.main.head);
  const effects: StateEffect<number>[] = [];
  view.state.field(masked, false)?.between(from, to, (start) => {
    effects.push(reveal.of(start));
  });
  if (effects.length === 0) return false;
  view.dispatch({ effects });
  return true;
}

export const masks: Extension = masked;
