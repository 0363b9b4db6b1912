import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import { type Outline, rowTypes } from "../engine/outline.js";
import { TextField } from "../ui/field.js";
import { Tree, type TreeRow } from "../ui/tree.js";
import { outline, stage, states, toggleRow, visitRow, workDocument } from "./state.js";

/** The keys of the document. Those that are marked are encrypted. */
export function KeyTree(): JSX.Element {
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const [filter, setFilter] = useState("");
  const keys = outline.value;
  const checks = states.value;
  const isFixed = stage.value === "locked";
  const rows = useMemo(
    () => (keys === undefined ? [] : rowsOf(keys, checks, isFixed, closed, filter.trim().toLowerCase())),
    [keys, checks, isFixed, closed, filter],
  );
  if (workDocument.value?.format === "binary") return <p class="muted">A binary file has no keys to mark.</p>;
  if (keys === undefined) return <p class="muted">The keys of the text appear here.</p>;
  return (
    <section class="key-tree" aria-labelledby="tree-title">
      <h2 id="tree-title">Keys</h2>
      <p class="muted">
        {isFixed ? "Decrypt the file to change them." : "Click a key to encrypt all that is below it."}
      </p>
      <TextField label="Find a key" value={filter} onInput={setFilter} />
      <Tree
        label="Keys of the file"
        rows={rows}
        onOpen={(row) => {
          const key = placeOf(keys, row);
          const changed = new Set(closed);
          if (!changed.delete(key)) changed.add(key);
          setClosed(changed);
        }}
        onCheck={isFixed ? undefined : toggleRow}
        onVisit={visitRow}
      />
    </section>
  );
}

/** The rows to show: not those below a closed one; with a filter, those whose key has it, and what they are in. */
function rowsOf(
  keys: Outline,
  checks: Uint8Array,
  isFixed: boolean,
  closed: ReadonlySet<string>,
  filter: string,
): TreeRow[] {
  const count = keys.labels.length;
  const wanted = filter === "" ? undefined : matchingRows(keys, filter);
  const rows: TreeRow[] = [];
  for (let row = 0; row < count; ) {
    if (wanted !== undefined && wanted[row] === 0) {
      row++;
      continue;
    }
    const hasMore = (keys.ends[row] as number) > row + 1;
    const isOpen = hasMore ? wanted !== undefined || !closed.has(placeOf(keys, row)) : undefined;
    const isKey = keys.isKey[row] === 1;
    rows.push({
      id: row,
      label: keys.labels[row] as string,
      depth: keys.depths[row] as number,
      isOpen,
      check: isKey && !isFixed ? (["off", "mixed", "on"] as const)[checks[row] as 0 | 1 | 2] : undefined,
      note: noteOf(keys, row, isFixed),
    });
    row = isOpen === false ? (keys.ends[row] as number) : row + 1;
  }
  return rows;
}

function noteOf(keys: Outline, row: number, isFixed: boolean): string | undefined {
  if (isFixed && keys.isEncrypted[row] === 1) return "encrypted";
  const type = rowTypes[keys.types[row] as number];
  return type === "mapping" || type === "text" ? undefined : type;
}

function matchingRows(keys: Outline, filter: string): Uint8Array {
  const wanted = new Uint8Array(keys.labels.length);
  for (const [row, label] of keys.labels.entries()) {
    if (!label.toLowerCase().includes(filter)) continue;
    for (let at = row; at >= 0 && wanted[at] === 0; at = keys.parents[at] as number) wanted[at] = 1;
  }
  return wanted;
}

/** A row's name among all rows, which stays while other rows come and go. */
function placeOf(keys: Outline, row: number): string {
  const labels: string[] = [];
  for (let at = row; at >= 0; at = keys.parents[at] as number) labels.push(keys.labels[at] as string);
  return labels.join("\n");
}
