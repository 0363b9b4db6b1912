import type { JSX } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";

/** A row that is shown. */
export interface TreeRow {
  /** Stays the same while rows above it open and close. */
  readonly id: number;
  readonly label: string;
  /** 0 for the top. */
  readonly depth: number;
  /** Undefined if nothing is below it. */
  readonly isOpen: boolean | undefined;
  /** Undefined if it cannot be chosen. */
  readonly check: "on" | "off" | "mixed" | undefined;
  /** A word behind the label, such as its type. */
  readonly note?: string | undefined;
}

const rowHeight = 30;
const spare = 10;

/**
 * A tree with boxes to mark, of any length: only the rows in sight are in the document. Arrow keys go and open, the space key marks, Enter
 * shows the row's place, letters go to the next label that begins with them.
 */
export function Tree({
  label,
  rows,
  onOpen,
  onCheck,
  onVisit,
}: {
  label: string;
  rows: readonly TreeRow[];
  /** Opens or closes what is below a row. */
  onOpen: (id: number) => void;
  onCheck?: ((id: number) => void) | undefined;
  /** The row was clicked, or chosen with Enter. */
  onVisit?: ((id: number) => void) | undefined;
}): JSX.Element {
  const id = useId();
  const scroller = useRef<HTMLDivElement>(null);
  const [scroll, setScroll] = useState({ top: 0, height: 600 });
  const [currentId, setCurrentId] = useState<number | undefined>(undefined);
  const current = Math.max(
    0,
    rows.findIndex((row) => row.id === currentId),
  );

  useEffect(() => {
    const element = scroller.current;
    if (element === null) return undefined;
    const measure = () => setScroll({ top: element.scrollTop, height: element.clientHeight });
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    measure();
    return () => observer.disconnect();
  }, []);

  const go = (index: number) => {
    const row = rows[Math.max(0, Math.min(rows.length - 1, index))];
    const element = scroller.current;
    if (row === undefined || element === null) return;
    setCurrentId(row.id);
    const top = rows.indexOf(row) * rowHeight;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + rowHeight > element.scrollTop + element.clientHeight) {
      element.scrollTop = top + rowHeight - element.clientHeight;
    }
  };

  const parentOf = (index: number) => {
    const depth = rows[index]?.depth ?? 0;
    for (let at = index - 1; at >= 0; at--) if ((rows[at] as TreeRow).depth < depth) return at;
    return index;
  };

  const press = (event: KeyboardEvent) => {
    const row = rows[current];
    if (row === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor(scroll.height / rowHeight) - 1);
    const actions: Record<string, () => void> = {
      ArrowDown: () => go(current + 1),
      ArrowUp: () => go(current - 1),
      PageDown: () => go(current + page),
      PageUp: () => go(current - page),
      Home: () => go(0),
      End: () => go(rows.length - 1),
      ArrowRight: () => {
        if (row.isOpen === false) onOpen(row.id);
        else if (row.isOpen === true) go(current + 1);
      },
      ArrowLeft: () => {
        if (row.isOpen === true) onOpen(row.id);
        else go(parentOf(current));
      },
      " ": () => {
        if (row.check !== undefined) onCheck?.(row.id);
      },
      Enter: () => onVisit?.(row.id),
    };
    const letter = event.key.toLowerCase();
    const action =
      actions[event.key] ??
      (event.key.length === 1
        ? () => {
            const order = [...rows.keys()].map((at) => (current + 1 + at) % rows.length);
            const next = order.find((at) => rows[at]?.label.toLowerCase().startsWith(letter));
            if (next !== undefined) go(next);
          }
        : undefined);
    if (action === undefined) return;
    event.preventDefault();
    action();
  };

  const first = Math.max(0, Math.floor(scroll.top / rowHeight) - spare);
  const last = Math.min(rows.length, Math.ceil((scroll.top + scroll.height) / rowHeight) + spare);
  // A screen reader is told of the current row by its id.
  const isCurrentShown = current >= first && current < last;
  return (
    <div
      ref={scroller}
      class="tree"
      role="tree"
      aria-label={label}
      aria-activedescendant={isCurrentShown && rows.length > 0 ? `${id}-${rows[current]?.id}` : undefined}
      tabIndex={0}
      onKeyDown={press}
      onScroll={(event) => setScroll({ top: event.currentTarget.scrollTop, height: event.currentTarget.clientHeight })}
    >
      <div role="presentation" style={{ height: `${first * rowHeight}px` }} />
      {rows.slice(first, last).map((row, offset) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are those of the tree.
        <div
          key={row.id}
          id={`${id}-${row.id}`}
          class={first + offset === current ? "tree-row tree-row-current" : "tree-row"}
          role="treeitem"
          tabIndex={-1}
          aria-level={row.depth + 1}
          aria-expanded={row.isOpen}
          aria-checked={row.check === undefined ? undefined : row.check === "mixed" ? "mixed" : row.check === "on"}
          aria-selected={first + offset === current}
          style={{ paddingLeft: `${row.depth * 1.1 + 0.35}rem` }}
          onMouseDown={(event) => {
            // The tree keeps the focus.
            event.preventDefault();
            scroller.current?.focus();
          }}
          onClick={() => {
            setCurrentId(row.id);
            if (row.check !== undefined) onCheck?.(row.id);
            onVisit?.(row.id);
          }}
        >
          <span
            class={`tree-arrow ${row.isOpen === undefined ? "" : row.isOpen ? "tree-arrow-open" : "tree-arrow-closed"}`}
            aria-hidden="true"
            onClick={(event) => {
              if (row.isOpen === undefined) return;
              event.stopPropagation();
              setCurrentId(row.id);
              onOpen(row.id);
            }}
          />
          {row.check !== undefined && <span class={`tree-box tree-box-${row.check}`} aria-hidden="true" />}
          <span class="tree-label">{row.label === "" ? '""' : row.label}</span>
          {row.note !== undefined && <span class="tree-note">{row.note}</span>}
        </div>
      ))}
      <div role="presentation" style={{ height: `${(rows.length - last) * rowHeight}px` }} />
    </div>
  );
}
