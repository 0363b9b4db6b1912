/** What was done with the organisation's keys. */
import type { JSX } from "preact";
import { history } from "./organisation-state.js";

const words: Readonly<Record<string, string>> = {
  init: "Key created",
  rotate: "Rotation begun",
  confirm: "Rotation confirmed",
  cancel: "Rotation cancelled",
  enable: "Encryption switched on",
  disable: "Encryption switched off",
  passwd: "Protection changed",
  join: "Keyring received",
  export: "Keyring handed over",
};

export function History(): JSX.Element | null {
  const log = history.value?.log ?? [];
  if (log.length === 0) return null;
  return (
    <section class="panel stack" aria-labelledby="history-title">
      <h2 id="history-title">History</h2>
      <table class="history">
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">Who</th>
            <th scope="col">What</th>
            <th scope="col">Keys</th>
          </tr>
        </thead>
        <tbody>
          {log.toReversed().map(({ time, actor, action, detail }) => (
            <tr key={`${time} ${action}`}>
              <td>
                <time dateTime={time}>{new Date(time).toLocaleString()}</time>
              </td>
              <td>{actor}</td>
              <td>{words[action] ?? action}</td>
              <td>
                <code>{detail}</code>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
