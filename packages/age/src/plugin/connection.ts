import { startPlugin } from "#plugin-process";
import { decodeBase64 } from "../base64.js";
import { concat, fromText, toText } from "../bytes.js";
import { AgeError } from "../error.js";
import { serializeStanza } from "../header.js";
import { randomBytes } from "../primitives/random.js";
import type { Stanza } from "../recipient.js";
import type { PluginUi } from "./ui.js";

/*
 * The client side of the plugin protocol (C2SP age-plugin.md): stanzas in both directions, over standard input and
 * output. The client sends first, then the plugin sends commands, and each is answered.
 */

/** The longest accepted command in bytes. */
const limit = 2 * 1024 * 1024;

export interface Connection {
  send(type: string, args?: readonly string[], body?: Uint8Array): Promise<void>;
  /** Returns the next command. Commands that address the user are answered here. */
  receive(): Promise<Stanza>;
  /** Returns an error that names the plugin. */
  fail(what: string): AgeError;
}

/**
 * Runs a plugin while `talk` runs.
 *
 * @throws {AgeError} `plugin`, `unsupported`.
 */
export async function withPlugin<T>(
  name: string,
  protocol: "recipient-v1" | "identity-v1",
  ui: PluginUi,
  talk: (connection: Connection) => Promise<T>,
): Promise<T> {
  const process = await startPlugin(name, protocol);
  const readStanza = stanzaReader(process.output, fail);

  function fail(what: string): AgeError {
    return new AgeError("plugin", `the plugin ${name} ${what}`);
  }

  async function send(type: string, args: readonly string[] = [], body: Uint8Array = new Uint8Array(0)): Promise<void> {
    await process.write(serializeStanza({ type, args, body }));
  }

  async function receive(): Promise<Stanza> {
    for (;;) {
      const timer = ui.waiting && setTimeout(() => ui.waiting?.(name), 5000);
      let stanza: Stanza;
      try {
        stanza = await readStanza();
      } finally {
        clearTimeout(timer);
      }
      if (stanza.type === "error") {
        await send("ok");
        throw fail(`reported an error: ${readable(stanza.body)}`);
      }
      const answer = await answerOf(stanza);
      if (answer === undefined) return stanza;
      await send(answer.type, answer.args, answer.body);
    }
  }

  /** The user's answer to a command, or undefined if the command does not address the user. */
  async function answerOf({ type, args, body }: Stanza): Promise<Stanza | undefined> {
    const ok = (args: string[] = [], body = new Uint8Array(0)): Stanza => ({ type: "ok", args, body });
    const text = new TextDecoder().decode(body);
    switch (type) {
      case "msg":
        return answered(ui.message, async (show) => {
          await show.call(ui, name, text);
          return ok();
        });
      case "request-public":
      case "request-secret":
        return answered(ui.request, async (request) =>
          ok([], fromText(await request.call(ui, name, text, type === "request-secret"))),
        );
      case "confirm": {
        const [yes, no] = args.map((arg) => decodeBase64(arg));
        if (yes === undefined || args.length > 2 || (args.length === 2 && no === undefined)) {
          throw fail("sent a malformed confirmation request");
        }
        return answered(ui.confirm, async (confirm) =>
          ok([(await confirm.call(ui, name, text, readable(yes), no && readable(no))) ? "yes" : "no"]),
        );
      }
      default:
        return undefined;
    }
  }

  try {
    return await talk({ send, receive, fail });
  } finally {
    await process.close();
  }
}

/** The user's answer, or a failure if there is no user. The plugin decides whether to continue. */
async function answered<F>(by: F | undefined, answer: (by: F) => Promise<Stanza>): Promise<Stanza> {
  const failed: Stanza = { type: "fail", args: [], body: new Uint8Array(0) };
  if (by === undefined) return failed;
  return answer(by).catch(() => failed);
}

/** A plugin's text on one line, without control characters. */
function readable(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes.subarray(0, 1000)).replace(/[\p{Cc}\s]+/gu, " ");
}

/** Sends a grease stanza two times out of three. Plugins must ignore unknown commands, and this keeps them able to. */
export async function sendGrease(connection: Connection): Promise<void> {
  const [one, two, length] = randomBytes(3);
  if (one! % 3 === 0) return;
  const type = `grease-${one!.toString(16)}${two!.toString(16)}`;
  await connection.send(type, two! % 2 === 0 ? [] : [String(two)], randomBytes(length! % 100));
}

/** Parses stanzas (age.md, "Recipient stanza") that arrive in pieces. */
function stanzaReader(output: AsyncIterator<Uint8Array>, fail: (what: string) => AgeError): () => Promise<Stanza> {
  let held: Uint8Array = new Uint8Array(0);

  async function readLine(): Promise<string> {
    let searched = 0;
    for (;;) {
      const end = held.indexOf(0x0a, searched);
      if (end !== -1) {
        const line = toText(held.subarray(0, end));
        held = held.subarray(end + 1);
        return line;
      }
      if (held.length > limit) throw fail("violates the plugin protocol: a line does not end");
      searched = held.length;
      const { value, done } = await output.next();
      if (done === true) throw fail("exited early");
      held = concat([held, value]);
    }
  }

  return async () => {
    const words = (await readLine()).split(" ");
    if (words[0] !== "->" || words.length < 2 || !words.every((word) => /^[!-~]+$/.test(word))) {
      throw fail("violates the plugin protocol: expected a stanza");
    }
    const parts: Uint8Array[] = [];
    for (let length = 0; ; length += 48) {
      const line = await readLine();
      const part = line.length > 64 || length > limit ? undefined : decodeBase64(line);
      if (part === undefined) throw fail("violates the plugin protocol: a stanza's body is malformed");
      parts.push(part);
      if (line.length < 64) return { type: words[1]!, args: words.slice(2), body: concat(parts) };
    }
  };
}
