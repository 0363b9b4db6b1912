import { type KeyKind, type KeyOptions, type KeyReference, type MasterKey, SopsError } from "@isosops/core";
import { keyName, referenceOf } from "@isosops/core/key-reference";
import { base64 } from "@scure/base";
import { rpc } from "#rpc";
import { about, aboutNow, textField } from "../about.js";
import { delayBefore, sleep } from "../http/backoff.js";
import { failure } from "../http/send.js";
import { checkWrapped } from "../wrapped.js";
import { type KeyServiceAddress, parseAddress, showAddress } from "./address.js";
import { explainFailure, isBusy } from "./failure.js";
import { keyTypes, masterKeyOf, toMessage, withWrapped } from "./key-message.js";
import type { Operation } from "./rpc.js";

/** How a key service is asked. */
export interface KeyServiceOptions {
  /** Milliseconds that one attempt may take; 60,000 if left out, since a service may ask its user first. */
  readonly timeout?: number | undefined;
  /** How many times it is asked where it asks to come back later; 3 if left out. */
  readonly attempts?: number | undefined;
}

/**
 * Keys of all types by a key service: `sops keyservice`, or one that `serveKeys` has started. It encrypts and decrypts
 * data keys with the credentials that it has; here, there are none.
 *
 * @param address `tcp://HOST:PORT` or `unix:///PATH`, as for `sops --keyservice`
 * @returns one kind for each type of key that sops knows
 * @throws {SopsError} `invalid_option` if it is no such address, `unsupported` in browsers and Workers. Its `wrapper` throws
 *   `invalid_key`; wrapping and unwrapping reject with `network`, `unavailable`, `permission`, `unsupported_key_type`,
 *   `service`
 */
export function keyServiceKinds(address: string, options: KeyServiceOptions = {}): KeyKind[] {
  const at = parseAddress(address);
  return keyTypes.map((type) => ({
    type,
    wrapper(reference) {
      const key = aboutNow(showReference({ ...reference, type }), () => masterKeyOf({ ...reference, type }));
      return {
        type,
        wrap: (dataKey, keyOptions) =>
          about(showReference({ ...reference, type }), async () => {
            const enc = await ask(at, "encrypt", key, dataKey, options, keyOptions);
            return [
              withWrapped(key, checkWrapped(readText(enc, at), dataKey, `the key service at ${showAddress(at)}`)),
            ];
          }),
      };
    },
    source: () => ({
      type,
      unwrap(key, keyOptions) {
        return about(showReference(referenceOf(key)), async () => {
          const enc = textField(key.fields, "enc");
          if (enc !== "") return ask(at, "decrypt", key, new TextEncoder().encode(enc), options, keyOptions);
          throw new SopsError(
            "data_key",
            "its entry has no `enc`: the wrapped data key is missing. Restore it from version control.",
          );
        });
      },
      describe: () => `the key service at ${showAddress(at)}`,
    }),
  }));
}

function showReference(reference: KeyReference): string {
  return `${reference.type} key ${keyName(reference)}`;
}

async function ask(
  address: KeyServiceAddress,
  operation: Operation,
  key: MasterKey,
  input: Uint8Array,
  { timeout = 60_000, attempts = 3 }: KeyServiceOptions,
  { signal }: KeyOptions = {},
): Promise<Uint8Array> {
  if (rpc === undefined) {
    throw new SopsError(
      "unsupported",
      "A key service is asked over HTTP/2, which browsers and Workers cannot speak with it. Ask it on Node, Deno or Bun.",
    );
  }
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    const output = await rpc.call(address, { operation, key: toMessage(key), input }, { timeout, signal });
    signal?.throwIfAborted();
    if (output instanceof Uint8Array) {
      if (output.length > 0) return output;
      throw failure("service", `the key service at ${showAddress(address)} has answered nothing`, "Check the address");
    }
    if (isBusy(output) && attempt < attempts) {
      await sleep(delayBefore(attempt + 1, undefined), signal);
      continue;
    }
    const secrets = operation === "encrypt" ? [base64.encode(input)] : [];
    throw explainFailure(output, { name: showAddress(address), type: key.type, timeout }, secrets);
  }
}

/** A wrapped data key, as it stands in a file. */
function readText(bytes: Uint8Array, address: KeyServiceAddress): string {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    if (/^[\t\n\r\x20-\x7e]+$/.test(text)) return text;
  } catch {}
  throw failure(
    "service",
    `the key service at ${showAddress(address)} has answered no wrapped data key`,
    "Check the address",
  );
}
