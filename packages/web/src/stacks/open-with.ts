/** What opens an encrypted file: the server, which unwraps data keys, or a private key that somebody has typed. */
import type { KeySource } from "@isosops/core";
import { SopsError } from "isosops";
import { ageSource } from "isosops/age";

/** What can be told to the worker. */
export type OpenWith =
  | {
      readonly kind: "server";
      /** The address of the API, such as `https://host/api/v1`. */
      readonly api: string;
      readonly csrf: string;
    }
  | {
      readonly kind: "identities";
      /** Each as in an identity file of age, or an SSH private key. */
      readonly texts: readonly string[];
    };

/** Data keys that the server has unwrapped, by their wrapped forms: a preview after each keystroke asks for none. */
const unwrapped = new Map<string, Promise<Uint8Array>>();

/** More are forgotten, the oldest first. */
const mostKept = 200;

/** Forgets all data keys. */
export function forgetDataKeys(): void {
  unwrapped.clear();
}

export function keySourcesOf(openWith: OpenWith): readonly KeySource[] {
  return openWith.kind === "identities" ? [ageSource(openWith.texts)] : [serverSource(openWith)];
}

/** Asks the server for the data key alone: what is encrypted with it stays here. */
function serverSource({ api, csrf }: Extract<OpenWith, { kind: "server" }>): KeySource {
  return {
    type: "age",
    unwrap({ fields }) {
      const enc = String(fields.get("enc"));
      let asked = unwrapped.get(enc);
      if (asked === undefined) {
        asked = ask(`${api}/org/sops/unwrap`, csrf, enc);
        unwrapped.set(enc, asked);
        asked.catch(() => unwrapped.delete(enc));
        if (unwrapped.size > mostKept) unwrapped.delete(unwrapped.keys().next().value as string);
      }
      return asked;
    },
    describe: () => "the organisation's key, by the server",
  };
}

async function ask(address: string, csrf: string, enc: string): Promise<Uint8Array> {
  let response: Response;
  try {
    response = await fetch(address, {
      method: "POST",
      headers: { "content-type": "application/json", "x-isosops-csrf": csrf },
      body: JSON.stringify({ enc }),
    });
  } catch {
    throw new SopsError(
      "data_key",
      "The server does not answer. Start it again (`isosops org serve --ui`), then try again.",
    );
  }
  const answer = (await response.json().catch(() => ({}))) as { data_key?: string; detail?: string };
  if (!response.ok || answer.data_key === undefined) {
    throw new SopsError(
      "data_key",
      answer.detail ?? `The server has answered with the status ${response.status}. Try again.`,
    );
  }
  return Uint8Array.from(atob(answer.data_key), (character) => character.charCodeAt(0));
}
