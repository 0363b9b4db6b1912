/** What `doctor` has found, the worst first, each with what to do. */
import type { DoctorAnswerFinding } from "@isosops/gitops";
import type { JSX } from "preact";
import { Prose } from "./prose.js";

const order = ["error", "warning", "note", "ok"] as const;

const levels: Readonly<Record<DoctorAnswerFinding["level"], { readonly word: string; readonly sign: string }>> = {
  error: { word: "Error", sign: "✕" },
  warning: { word: "Warning", sign: "!" },
  note: { word: "Note", sign: "i" },
  ok: { word: "In order", sign: "✓" },
};

export function Findings({ findings }: { findings: readonly DoctorAnswerFinding[] }): JSX.Element {
  const wrong = findings.filter(({ level }) => level === "error" || level === "warning").length;
  const sorted = findings.toSorted((one, other) => order.indexOf(one.level) - order.indexOf(other.level));
  return (
    <>
      <p>
        {wrong === 0 ? "Nothing is wrong." : `${wrong} ${wrong === 1 ? "thing needs" : "things need"} your attention.`}
      </p>
      <ul class="findings">
        {sorted.map((finding, index) => (
          <Finding key={index} finding={finding} />
        ))}
      </ul>
    </>
  );
}

function Finding({ finding: { level, message, remedy, file, line } }: { finding: DoctorAnswerFinding }): JSX.Element {
  const { word, sign } = levels[level];
  return (
    <li class={`finding finding-${level}`}>
      <span class="finding-sign" aria-hidden="true">
        {sign}
      </span>
      <div>
        <p>
          <strong>{word}.</strong> <Prose text={message} />
        </p>
        {remedy !== null && (
          <p>
            <Prose text={remedy} />
          </p>
        )}
        {file !== null && (
          <p class="muted">
            <code>
              {file}
              {line !== null && `:${line}`}
            </code>
          </p>
        )}
      </div>
    </li>
  );
}
