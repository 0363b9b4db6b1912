import { type KeyKind, type KeyOptions, type KeyReference, type MasterKey, SopsError } from "@isosops/core";
import { keyName, referenceOf } from "@isosops/core/key-reference";
import { rpc } from "#rpc";
import { textField } from "../about.js";
import { parseAddress, showAddress } from "./address.js";
import { fromMessage } from "./key-message.js";
import { type RpcFailure, type RpcRequest, status } from "./rpc.js";

/** A request that a key service has got. */
export interface KeyRequest {
  readonly operation: "encrypt" | "decrypt";
  readonly key: KeyReference;
}

/** Options of {@link serveKeys}. */
export interface ServeKeysOptions {
  /** Asked for each request, before anything is done; false refuses it. As `sops keyservice --prompt`. */
  readonly confirm?: ((request: KeyRequest) => boolean | Promise<boolean>) | undefined;
  /** Told of each failure, such as for a log; what a client gets to know of it is its message at most. */
  readonly onError?: ((error: unknown, request: KeyRequest) => void) | undefined;
}

/** A key service that has been started. */
export interface KeyServer {
  /** Where it listens: `tcp://127.0.0.1:5000`, with the port that it got. */
  readonly address: string;
  /** Ends all connections; a socket is removed. */
  stop(): Promise<void>;
}

/**
 * Start a key service, which encrypts and decrypts data keys for `sops --keyservice` and for `keyServiceKinds`
 * (keyservice/server.go). Who can connect can use the keys: TCP has no access control, and a Unix socket is for this user.
 *
 * @param address `tcp://HOST:PORT`, with port 0 for any, or `unix:///PATH`, as of `sops keyservice`
 * @param kinds what it encrypts and decrypts with, such as `awsKmsKind()`, and `ageKind()` of `isosops/age`
 * @throws {SopsError} `invalid_option` if it is no such address, or nothing can listen there; `unsupported` in browsers and
 *   Workers
 */
export async function serveKeys(
  address: string,
  kinds: readonly KeyKind[],
  options: ServeKeysOptions = {},
): Promise<KeyServer> {
  const at = parseAddress(address);
  if (rpc === undefined) {
    throw new SopsError("unsupported", "A key service needs HTTP/2 and sockets. Start it on Node, Deno or Bun.");
  }
  try {
    const server = await rpc.serve(at, (request, signal) => answer(request, kinds, options, signal));
    return { address: showAddress(server.address), stop: () => server.stop() };
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    if (typeof code !== "string") throw error;
    throw new SopsError("invalid_option", `Nothing can listen at ${showAddress(at)}: ${explain(code)}.`);
  }
}

function explain(code: string): string {
  switch (code) {
    case "EADDRINUSE":
      return "another program does, or has left its socket. End it, or remove the socket";
    case "EACCES":
    case "EPERM":
      return "this user may not. Choose another path, or a port above 1023";
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return "this machine has no such address. Choose another one";
    case "ENOENT":
      return "the folder of the socket does not exist. Make it first";
    default:
      return `the system says ${code}. Choose another address`;
  }
}

async function answer(
  request: RpcRequest,
  kinds: readonly KeyKind[],
  { confirm, onError }: ServeKeysOptions,
  signal: AbortSignal,
): Promise<Uint8Array | RpcFailure> {
  // As sops says it.
  if (request.key === undefined) return { code: status.notFound, message: "Must provide a key" };
  const key = fromMessage(request.key);
  const kind = kinds.find(({ type }) => type === key?.type);
  if (key === undefined || kind === undefined) return { code: status.notFound, message: "Unknown key type" };
  const { operation, input } = request;
  const asked: KeyRequest = { operation, key: referenceOf(key) };
  try {
    if (confirm !== undefined && !(await confirm(asked))) {
      return { code: status.permissionDenied, message: "Request rejected by user" };
    }
    return await (operation === "encrypt" ? wrap : unwrap)(kind, key, input, { signal });
  } catch (error) {
    onError?.(error, asked);
    // What is no `SopsError` may hold anything.
    if (error instanceof SopsError) return { code: status.unknown, message: error.message };
    return { code: status.internal, message: "the key service has failed" };
  }
}

async function wrap(kind: KeyKind, key: MasterKey, dataKey: Uint8Array, options: KeyOptions): Promise<Uint8Array> {
  const [wrapped] = await kind.wrapper(referenceOf(key)).wrap(dataKey, options);
  return new TextEncoder().encode(wrapped === undefined ? "" : textField(wrapped.fields, "enc"));
}

async function unwrap(kind: KeyKind, key: MasterKey, enc: Uint8Array, options: KeyOptions): Promise<Uint8Array> {
  const source = kind.source();
  const fields = new Map([...key.fields, ["enc", new TextDecoder().decode(enc)] as const]);
  const dataKey = await source.unwrap({ type: key.type, fields }, options);
  if (dataKey !== undefined) return dataKey;
  const tried = source.describe();
  const by = tried === "" ? "by any key of the service" : `by ${tried}`;
  throw new SopsError("no_matching_identity", `${keyName(referenceOf(key))}: not decrypted ${by}.`);
}
