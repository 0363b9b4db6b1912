/** What goes wrong with key services, made to happen: each error says which service and key, and what to do, and no secret. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type ClientHttp2Session, connect as connectHttp2, constants } from "node:http2";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { KeyKind, MasterKey, SopsError } from "@isosops/core";
import {
  type KeyRequest,
  type KeyServer,
  type KeyServiceOptions,
  keyServiceKinds,
  serveKeys,
} from "@isosops/keys/keyservice";
import { decrypt, encrypt, generateIdentity } from "isosops";
import { ageKind } from "isosops/age";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { type RpcFailure, status } from "../src/keyservice/rpc.js";
import { rpc } from "../src/keyservice/rpc-native.js";
import { errorOf as errorWithout } from "./error-of.js";
import { serve } from "./fake-service.js";
import { freePort } from "./sops-keyservice.js";

const dataKey = new Uint8Array(32).fill(0xa5);
const secrets = [Buffer.from(dataKey).toString("base64"), Buffer.from(dataKey).toString("hex"), "SeCrEt"];
const folder = mkdtempSync(join(tmpdir(), "isosops-keyservice-failures-"));
const { identity, recipient } = await generateIdentity();

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const errorOf = (promise: Promise<unknown>) => errorWithout(promise, secrets);
const masterKey: MasterKey = {
  type: "age",
  fields: new Map([
    ["recipient", recipient],
    ["enc", "AAAA"],
  ]),
};

function ageAt(address: string, options: KeyServiceOptions = {}): KeyKind {
  return keyServiceKinds(address, { timeout: 2000, ...options }).find(({ type }) => type === "age")!;
}

/** Of both directions. */
async function errorsOf(address: string, options: KeyServiceOptions = {}): Promise<SopsError[]> {
  const kind = ageAt(address, options);
  return [
    await errorOf(kind.wrapper({ type: "age", id: recipient }).wrap(dataKey)),
    await errorOf(kind.source().unwrap(masterKey)),
  ];
}

/** A service that answers what a test has it answer. */
async function withAnswer(answer: (count: number) => Uint8Array | RpcFailure | Promise<Uint8Array>): Promise<string> {
  let count = 0;
  const server = await rpc!.serve({ network: "tcp", host: "127.0.0.1", port: 0 }, async () => answer(++count));
  stops.push(server.stop);
  return `tcp://127.0.0.1:${(server.address as { port: number }).port}`;
}

/** Something else that listens there. */
async function withSocket(handle: (socket: Socket) => void, path?: string): Promise<string> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    handle(socket);
  });
  await new Promise<void>((resolve) =>
    path === undefined ? server.listen(0, "127.0.0.1", resolve) : server.listen(path, resolve),
  );
  stops.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return path === undefined ? `tcp://127.0.0.1:${(server.address() as AddressInfo).port}` : `unix://${path}`;
}

describe("a service that", () => {
  test("is not there", async () => {
    const address = `tcp://127.0.0.1:${await freePort()}`;
    for (const error of await errorsOf(address)) {
      expect(error).toMatchObject({
        code: "network",
        message: `age key ${recipient}: the key service at ${address} could not be reached: the connection was refused. Check its address, and whether it runs.`,
      });
    }
  });

  test.skipIf(process.platform === "win32")("has no socket, or a file in its place", async () => {
    for (const error of await errorsOf(`unix://${folder}/none`)) {
      expect(error).toMatchObject({ code: "network", message: expect.stringMatching(/there is no such socket/) });
    }
    writeFileSync(join(folder, "file"), "");
    for (const error of await errorsOf(`unix://${folder}/file`)) {
      expect(error).toMatchObject({ code: "network", message: expect.stringMatching(/the connection was refused/) });
    }
  });

  test("is of no known host", async () => {
    for (const error of await errorsOf("tcp://nowhere.invalid:5000")) {
      expect(error).toMatchObject({ code: "network", message: expect.stringMatching(/name of its host is not known/) });
    }
  });

  test("is slow", async () => {
    const address = await withSocket(() => {});
    for (const error of await errorsOf(address, { timeout: 200 })) {
      expect(error).toMatchObject({
        code: "network",
        message: expect.stringMatching(/did not answer within 0.2 s.*raise the timeout/),
      });
    }
  });

  test("does not end its answer", async () => {
    const address = await withAnswer(() => new Promise(() => {}));
    for (const error of await errorsOf(address, { timeout: 200 })) {
      expect(error).toMatchObject({ code: "network", message: expect.stringMatching(/did not answer within 0.2 s/) });
    }
  });

  test("cuts the connection", async () => {
    const address = await withSocket((socket) => socket.once("data", () => socket.destroy()));
    for (const error of await errorsOf(address)) {
      expect(error).toMatchObject({ code: "network", message: expect.stringMatching(/the connection (was cut|\()/) });
    }
  });

  test("is a web server", async () => {
    const service = await serve((_, response) => response.end("<html>"));
    stops.push(service.stop);
    for (const error of await errorsOf(service.url.replace("http:", "tcp:"))) {
      expect(["network", "service"]).toContain(error.code);
      expect(error.message).toMatch(/the key service at tcp:\S+ .*Check/);
    }
  });

  test("answers garbage", async () => {
    const address = await withSocket((socket) => socket.end("garbage\r\n\r\n"));
    for (const error of await errorsOf(address)) {
      expect(["network", "service"]).toContain(error.code);
      expect(error.message).toMatch(/the key service at tcp:\S+ .*Check/);
    }
  });

  test("answers nothing", async () => {
    const address = await withAnswer(() => new Uint8Array());
    for (const error of await errorsOf(address)) {
      expect(error).toMatchObject({ code: "service", message: expect.stringMatching(/has answered nothing/) });
    }
  });

  test("answers what is no wrapped data key", async () => {
    const address = await withAnswer(() => Uint8Array.of(0xff, 0xfe));
    expect(await errorOf(ageAt(address).wrapper({ type: "age", id: recipient }).wrap(dataKey))).toMatchObject({
      code: "service",
      message: expect.stringMatching(/has answered no wrapped data key/),
    });
  });

  test.each<[number, string, string, RegExp]>([
    [
      status.permissionDenied,
      "Request rejected by user",
      "permission",
      /rejected the request \(Request rejected by user\)/,
    ],
    [
      status.notFound,
      "Unknown key type",
      "unsupported_key_type",
      /does not know keys of the type age \(Unknown key type\)/,
    ],
    [status.unimplemented, "unknown service KeyService", "service", /is no key service of sops/],
    [status.unknown, "AccessDenied: no.", "service", /says: AccessDenied: no\. It has the credentials/],
    [status.internal, "x", "service", /does not fit the request \(x\)/],
    [status.resourceExhausted, "too much", "unavailable", /busy or unavailable at every attempt \(too much\)/],
    [status.unavailable, "later", "unavailable", /busy or unavailable at every attempt \(later\)/],
  ])("answers the status %i: %s", async (code, text, expected, message) => {
    const address = await withAnswer(() => ({ code, message: text }));
    for (const error of await errorsOf(address, { attempts: 1 })) {
      expect(error).toMatchObject({ code: expected, message: expect.stringMatching(message) });
    }
  });

  test("repeats the data key", async () => {
    const address = await withAnswer(() => ({ code: status.unknown, message: `cannot wrap ${secrets[0]}\u001b[31m` }));
    const error = await errorOf(ageAt(address).wrapper({ type: "age", id: recipient }).wrap(dataKey));
    expect(error.message).toContain("cannot wrap *** ");
    expect(error.message).not.toContain("\u001b");
  });

  test.each([status.resourceExhausted, status.unavailable])(
    "asks by %i to come back later is asked again",
    async (code) => {
      let asked = 0;
      const address = await withAnswer((count) => {
        asked = count;
        return count === 1 ? { code, message: "later" } : dataKey;
      });
      expect(await ageAt(address).source().unwrap(masterKey)).toEqual(dataKey);
      expect(asked).toBe(2);
    },
  );

  test("is left by a signal", async () => {
    const controller = new AbortController();
    const address = await withAnswer(() => {
      controller.abort(new Error("enough"));
      return new Promise(() => {});
    });
    const { signal } = controller;
    await expect(ageAt(address).source().unwrap(masterKey, { signal })).rejects.toThrow("enough");
  });
});

describe("ours", () => {
  const broken = (error: unknown): KeyKind => {
    const fail = async () => {
      throw error;
    };
    return {
      type: "age",
      wrapper: () => ({ type: "age", wrap: fail }),
      source: () => ({ type: "age", unwrap: fail, describe: () => "a test" }),
    };
  };

  async function start(kinds: KeyKind[], options: Parameters<typeof serveKeys>[2] = {}): Promise<KeyServer> {
    const server = await serveKeys("tcp://127.0.0.1:0", kinds, options);
    stops.push(server.stop);
    return server;
  }

  test("says of an error of a kind what it says", async () => {
    const server = await start([ageKind([identity])]);
    const wrapping = ageAt(server.address).wrapper({ type: "age", id: "age1none" }).wrap(dataKey);
    expect(await errorOf(wrapping)).toMatchObject({
      code: "service",
      message: expect.stringMatching(/says: the recipient age1\.\.\. is incomplete/),
    });
    expect(await errorOf(ageAt(server.address).source().unwrap(masterKey))).toMatchObject({
      code: "service",
      message: expect.stringMatching(/says: .*damaged/),
    });
  });

  test("says nothing of an error that may hold a secret", async () => {
    const failed: [unknown, KeyRequest][] = [];
    const server = await start([broken(new Error("SeCrEt"))], { onError: (...all) => failed.push(all) });
    for (const error of await errorsOf(server.address)) {
      expect(error).toMatchObject({ code: "service", message: expect.stringMatching(/the key service has failed/) });
    }
    expect(failed.map(([error, { operation, key }]) => [(error as Error).message, operation, key])).toEqual([
      ["SeCrEt", "encrypt", { type: "age", id: recipient }],
      ["SeCrEt", "decrypt", { type: "age", id: recipient }],
    ]);
  });

  test("has no keys of a type that it was not given", async () => {
    const server = await start([]);
    for (const error of await errorsOf(server.address)) expect(error).toMatchObject({ code: "unsupported_key_type" });
  });

  test("lives on after requests that are none", async () => {
    const server = await start([ageKind([identity])]);
    const statuses = [
      // As Go of sops 3.9.4 sends it for a socket.
      await request(server, { ":authority": "%2Frun%2Fx.sock" }, frame(new Uint8Array())),
      await request(server, { ":authority": "a b" }, frame(Uint8Array.of(0xff, 0xff, 0xff))),
      await request(server, {}, Buffer.from("garbage")),
      await request(server, {}, frame(new Uint8Array(2 << 20))),
      await request(server, { ":path": "/KeyService/Other" }, frame(new Uint8Array())),
      await request(server, { ":method": "GET" }, Buffer.alloc(0)),
      await request(server, { "content-type": "application/json" }, Buffer.from("{}")),
    ];
    expect(statuses[0]).toBe(`200 ${status.notFound} Must provide a key`);
    for (const one of statuses) expect(one).not.toMatch(/^200 (0|undefined)/);
    const { text } = await encrypt("a: b\n", { format: "yaml", recipients: [recipient] });
    const keySources = [ageAt(server.address).source()];
    expect((await decrypt(text, { format: "yaml", keySources })).data).toEqual({ a: "b" });
  });

  test("cannot listen where another does", async () => {
    const server = await start([]);
    await expect(serveKeys(server.address, [])).rejects.toMatchObject({
      code: "invalid_option",
      message: `Nothing can listen at ${server.address}: another program does, or has left its socket. End it, or remove the socket.`,
    });
    await expect(serveKeys(`unix://${folder}/none/x.sock`, [])).rejects.toMatchObject({ code: "invalid_option" });
  });

  test("ends its connections", async () => {
    const server = await serveKeys("tcp://127.0.0.1:0", [broken(new Promise(() => {}))]);
    const session: ClientHttp2Session = connectHttp2(server.address.replace("tcp:", "http:"));
    session.on("error", () => {});
    await new Promise((resolve) => session.once("connect", resolve));
    const closed = new Promise((resolve) => session.once("close", resolve));
    await server.stop();
    await closed;
  });
});

/** What a request of gRPC gets: the status of HTTP and that of gRPC. */
function request(server: KeyServer, headers: Record<string, string>, body: Uint8Array): Promise<string> {
  const session = connectHttp2(server.address.replace("tcp:", "http:"));
  return new Promise((resolve) => {
    const done = (result: string) => {
      resolve(result);
      session.destroy();
    };
    session.on("error", (error) => done(error.message));
    const stream = session.request({
      ":method": "POST",
      ":path": "/KeyService/Decrypt",
      "content-type": "application/grpc",
      te: "trailers",
      ...headers,
    });
    let told = "";
    stream.on("error", (error) => done(error.message));
    stream.on("response", (answered) => {
      told = `${answered[constants.HTTP2_HEADER_STATUS]} ${answered["grpc-status"]} ${answered["grpc-message"]}`;
    });
    stream.on("trailers", (trailers) => {
      done(`${told.split(" ")[0]} ${trailers["grpc-status"]} ${decodeURIComponent(String(trailers["grpc-message"]))}`);
    });
    setTimeout(() => done("no answer"), 3000).unref();
    stream.on("close", () => done(told));
    stream.resume();
    stream.end(body);
  });
}

/** A message, with its length before it. */
function frame(message: Uint8Array): Uint8Array {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

test.each([
  "",
  "127.0.0.1:5000",
  "http://127.0.0.1:5000",
  "tcp://127.0.0.1",
  "tcp://:5000",
  "tcp://a:99999",
  "tcp://a:1/x",
  "unix:",
  "unix://host/path",
  "tcp://u@h:1",
  "tcp://a b:1",
])("the address %j is refused", async (address) => {
  const refused = expect.objectContaining({
    code: "invalid_option",
    message: expect.stringMatching(/Give tcp:\/\/HOST:PORT or unix:\/\/\/PATH/),
  });
  expect(() => keyServiceKinds(address)).toThrow(refused);
  await expect(serveKeys(address, [])).rejects.toThrow(refused);
});

test.each([
  ["kms", "no-arn"],
  ["pgp", "x"],
  ["gcp_kms", "x"],
  ["hc_vault", "https://vault/x"],
  ["hckms", "x"],
  // Without a version, nobody would know later which one it was.
  ["azure_kv", "https://v.vault.azure.net/keys/n"],
])("a reference of the type %s that names no key is refused: %s", (type, id) => {
  const kind = keyServiceKinds("tcp://127.0.0.1:1").find((one) => one.type === type)!;
  expect(() => kind.wrapper({ type, id })).toThrow(expect.objectContaining({ code: "invalid_key" }));
});

test("an entry without a wrapped data key is damaged", async () => {
  const key = { type: "age", fields: new Map([["recipient", recipient]]) };
  expect(await errorOf(ageAt("tcp://127.0.0.1:1").source().unwrap(key))).toMatchObject({ code: "data_key" });
});
