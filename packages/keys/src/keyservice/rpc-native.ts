/** gRPC over the HTTP/2 of Node, Deno and Bun. */
import { chmodSync, existsSync } from "node:fs";
import {
  type ClientHttp2Session,
  connect as connectHttp2,
  constants,
  createServer,
  type Http2Server,
  type Http2Session,
} from "node:http2";
import { type AddressInfo, connect } from "node:net";
import { dirname } from "node:path";
import { umask } from "node:process";
import type { DescService } from "@bufbuild/protobuf";
import { Code, ConnectError, type ConnectRouter, createClient } from "@connectrpc/connect";
import { connectNodeAdapter, createGrpcTransport, type GrpcTransportOptions } from "@connectrpc/connect-node";
import type { KeyServiceAddress } from "./address.js";
import { describeKeyService } from "./descriptor.js";
import type { KeyMessage } from "./key-message.js";
import type { Operation, Rpc, RpcFailure, RpcRequest } from "./rpc.js";

/** Bytes of a message: a wrapped data key has a few thousand at most. */
const mostBytes = 1 << 20;

/** The fields of the four messages beside `key`. */
const fields = {
  encrypt: { input: "plaintext", output: "ciphertext" },
  decrypt: { input: "ciphertext", output: "plaintext" },
} as const;

interface Request {
  readonly key?: { readonly keyType: KeyMessage | { readonly case: undefined } };
  readonly [field: string]: unknown;
}

type SessionManager = NonNullable<GrpcTransportOptions["sessionManager"]>;

type Method = (request: object, options: object) => Promise<Readonly<Record<string, Uint8Array>>>;

let service: DescService | undefined;

function loadService(): DescService {
  service ??= describeKeyService();
  return service;
}

export const rpc: Rpc | undefined = {
  async call(address, { operation, key, input }, { timeout, signal }) {
    const baseUrl = address.network === "unix" ? "http://localhost" : `http://${address.host}:${address.port}`;
    const session = connectHttp2(
      baseUrl,
      address.network === "unix" ? { createConnection: () => connect(address.path) } : {},
    );
    const transport = createGrpcTransport({
      baseUrl,
      sessionManager: managerOf(session, new URL(baseUrl).origin),
      readMaxBytes: mostBytes,
      writeMaxBytes: mostBytes,
    });
    const methods = createClient(loadService(), transport) as unknown as Record<Operation, Method>;
    const names = fields[operation];
    try {
      const request = { key: { keyType: key }, [names.input]: input };
      const answer = await methods[operation](request, { timeoutMs: timeout, ...(signal ? { signal } : {}) });
      return answer[names.output] ?? new Uint8Array();
    } catch (error) {
      return failureOf(error);
    } finally {
      session.destroy();
    }
  },

  async serve(address, answer) {
    const handle =
      (operation: Operation) =>
      async (request: Request, { signal }: { signal: AbortSignal }) => {
        const names = fields[operation];
        const key = request.key?.keyType;
        const known = key?.case === undefined ? undefined : key;
        const input = request[names.input] as Uint8Array;
        const output = await answer({ operation, key: known, input } satisfies RpcRequest, signal);
        if (output instanceof Uint8Array) return { [names.output]: output };
        throw new ConnectError(output.message, output.code as Code);
      };
    const routes = (router: ConnectRouter) =>
      router.service(loadService(), { encrypt: handle("encrypt"), decrypt: handle("decrypt") } as never);
    const handleRequest = connectNodeAdapter({
      routes,
      connect: false,
      grpcWeb: false,
      readMaxBytes: mostBytes,
      writeMaxBytes: mostBytes,
    });
    const server = createServer((request, response) => {
      // Go sends the path of a socket, escaped or not, and Connect makes a URL of it.
      request.headers[":authority"] = "localhost";
      try {
        handleRequest(request, response);
      } catch {
        response.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
      }
    });
    const sessions = new Set<Http2Session>();
    server.on("session", (session) => {
      sessions.add(session);
      session.once("close", () => sessions.delete(session));
    });
    const listening = new Promise<void>((resolve, reject) => {
      server.once("error", (error) => reject(isMissingFolder(error, address) ? missingFolder(error) : error));
      server.once("listening", resolve);
    });
    if (address.network === "tcp") server.listen(address.port, address.host.replace(/^\[|\]$/g, ""));
    else listenForUser(server, address.path);
    await listening;
    return {
      address: address.network === "tcp" ? { ...address, port: (server.address() as AddressInfo).port } : address,
      async stop() {
        const closed = new Promise<void>((resolve) => server.close(() => resolve()));
        for (const session of sessions) session.destroy();
        await closed;
      },
    };
  },
};

/**
 * One session, for one request. The manager of Connect stops listening for errors of a session that it gives up, which then
 * end the process: a web server answers such an error.
 */
function managerOf(session: ClientHttp2Session, origin: string): SessionManager {
  const connected = new Promise<void>((resolve, reject) => {
    session.once("connect", () => resolve());
    session.on("error", reject);
    session.once("close", () => reject(new Error("the connection was closed")));
  });
  // It may fail when nobody waits any more.
  connected.catch(() => {});
  return {
    authority: origin,
    async request(method, path, headers, options) {
      await connected;
      return session.request({ ...headers, ":method": method, ":path": path }, options);
    },
    notifyResponseByteRead() {},
  };
}

/** The system says ENOENT where the folder of a socket is missing, and Node passes it on as EACCES. */
function isMissingFolder(error: Error, address: KeyServiceAddress): boolean {
  return (
    (error as NodeJS.ErrnoException).code === "EACCES" &&
    address.network === "unix" &&
    !existsSync(dirname(address.path))
  );
}

function missingFolder(cause: Error): Error {
  return Object.assign(new Error("the folder of the socket is missing", { cause }), { code: "ENOENT" });
}

/** Who may connect may decrypt, so the socket is for this user alone from its first moment. */
function listenForUser(server: Http2Server, path: string): void {
  let before: number | undefined;
  try {
    before = umask(0o177);
  } catch {
    // Threads cannot: there is a moment between the two.
    server.once("listening", () => chmodSync(path, 0o600));
  }
  try {
    server.listen(path);
  } finally {
    if (before !== undefined) umask(before);
  }
}

function failureOf(error: unknown): RpcFailure {
  const { code, rawMessage, cause } = ConnectError.from(error, Code.Internal);
  for (let inner: unknown = cause; inner instanceof Error; inner = inner.cause) {
    const system = (inner as { code?: unknown }).code;
    // Deno, which has not been told that the program may.
    if (inner.name === "NotCapable") return { code, message: rawMessage, cause: "EACCES" };
    if (typeof system === "string") return { code, message: rawMessage, cause: system };
  }
  return { code, message: rawMessage };
}
