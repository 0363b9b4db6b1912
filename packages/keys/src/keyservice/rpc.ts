import type { KeyServiceAddress } from "./address.js";
import type { KeyMessage } from "./key-message.js";

/** A method of the key service (sops: keyservice/keyservice.proto). */
export type Operation = "encrypt" | "decrypt";

/** A request, which has the data key or the wrapped data key. */
export interface RpcRequest {
  readonly operation: Operation;
  /** Undefined if it is of no type that is known. */
  readonly key: KeyMessage | undefined;
  readonly input: Uint8Array;
}

/** An error of gRPC. */
export interface RpcFailure {
  /** A status code of gRPC. */
  readonly code: number;
  readonly message: string;
  /** That of the system, such as `ECONNREFUSED`, if the connection has failed. */
  readonly cause?: string | undefined;
}

/** The status codes of gRPC that are told apart. */
export const status = {
  canceled: 1,
  unknown: 2,
  deadlineExceeded: 4,
  notFound: 5,
  permissionDenied: 7,
  resourceExhausted: 8,
  aborted: 10,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
} as const;

/** How a request is sent. */
interface CallOptions {
  /** Milliseconds. */
  readonly timeout: number;
  readonly signal: AbortSignal | undefined;
}

/** A server that has been started. */
interface RpcServer {
  /** Where it listens, with the port that it got. */
  readonly address: KeyServiceAddress;
  /** Ends all connections. */
  stop(): Promise<void>;
}

/** gRPC over HTTP/2 without TLS, as sops speaks it. */
export interface Rpc {
  call(address: KeyServiceAddress, request: RpcRequest, options: CallOptions): Promise<Uint8Array | RpcFailure>;
  /** @throws what the system says if it cannot listen there */
  serve(
    address: KeyServiceAddress,
    answer: (request: RpcRequest, signal: AbortSignal) => Promise<Uint8Array | RpcFailure>,
  ): Promise<RpcServer>;
}
