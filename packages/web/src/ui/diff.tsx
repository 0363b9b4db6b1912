import { Fragment, type JSX } from "preact";
import { useState } from "preact/hooks";
import type { DiffHunk, ShownDiff } from "../engine/line-diff.js";
import { Button } from "./button.js";

const mostRows = 400;

/** What changed between two texts: changed lines with a few lines around them, one text or side by side. */
export function Diff({
  label,
  diff: { hunks, omitted },
  sideBySide = false,
}: {
  label: string;
  diff: ShownDiff;
  sideBySide?: boolean;
}): JSX.Element {
  const [limit, setLimit] = useState(mostRows);
  if (hunks.length === 0) return <p class="muted">Nothing changed.</p>;
  const total = hunks.reduce((sum, { lines }) => sum + lines.length, 0);
  let left = limit;
  const shown: DiffHunk[] = [];
  for (const hunk of hunks) {
    if (left <= 0) break;
    shown.push({ lines: hunk.lines.slice(0, left) });
    left -= hunk.lines.length;
  }
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard.
    <section class="diff" aria-label={label} tabIndex={0}>
      <table>
        <tbody>
          {shown.map(({ lines }, index) => (
            <Fragment key={index}>
              {index > 0 && (
                <tr class="diff-gap">
                  <td colSpan={4}>⋯</td>
                </tr>
              )}
              {sideBySide ? pairRows(lines) : lines.map(unifiedRow)}
            </Fragment>
          ))}
        </tbody>
      </table>
      {total > limit && (
        <p class="diff-more">
          {total - limit + omitted} more lines.{" "}
          <Button kind="quiet" onClick={() => setLimit(limit + 10 * mostRows)}>
            Show more
          </Button>
        </p>
      )}
      {total <= limit && omitted > 0 && <p class="diff-more">{omitted} more lines are not shown.</p>}
    </section>
  );
}

type DiffLine = DiffHunk["lines"][number];

const kinds = { same: "", added: "diff-added", removed: "diff-removed" } as const;
const signs = { same: " ", added: "+", removed: "−" } as const;

function unifiedRow(line: DiffLine): JSX.Element {
  return (
    <tr key={`${line.before}-${line.after}`} class={kinds[line.kind]}>
      <td class="diff-number">{line.before}</td>
      <td class="diff-number">{line.after}</td>
      <td class="diff-sign">{signs[line.kind]}</td>
      <td class="diff-text">{line.text}</td>
    </tr>
  );
}

/** Removed lines beside the added ones that follow them. */
function pairRows(lines: readonly DiffLine[]): JSX.Element[] {
  const rows: JSX.Element[] = [];
  for (let at = 0; at < lines.length; ) {
    const line = lines[at];
    if (line?.kind === "same") {
      rows.push(pairRow(line, line));
      at++;
      continue;
    }
    const removed: DiffLine[] = [];
    const added: DiffLine[] = [];
    for (; at < lines.length && lines[at]?.kind !== "same"; at++) {
      const changed = lines[at] as DiffLine;
      (changed.kind === "removed" ? removed : added).push(changed);
    }
    for (let i = 0; i < Math.max(removed.length, added.length); i++) rows.push(pairRow(removed[i], added[i]));
  }
  return rows;
}

function pairRow(before: DiffLine | undefined, after: DiffLine | undefined): JSX.Element {
  return (
    <tr key={`${before?.before}-${after?.after}`}>
      <td class="diff-number">{before?.before}</td>
      <td class={`diff-text diff-half ${before === undefined ? "diff-none" : kinds[before.kind]}`}>{before?.text}</td>
      <td class="diff-number">{after?.after}</td>
      <td class={`diff-text diff-half ${after === undefined ? "diff-none" : kinds[after.kind]}`}>{after?.text}</td>
    </tr>
  );
}
