/** Key services, which need sockets: browsers and Workers have none, and Deno may be told to open none. */
import { keyServiceKinds, serveKeys } from "@isosops/keys/keyservice";
import { decrypt, encrypt, generateIdentity } from "isosops";
import { ageKind } from "isosops/age";

/** Node 20 does not say what it is. */
const hasSockets = /^(?:Node|Bun)/.test(globalThis.navigator?.userAgent ?? "Node");
/** Whether there are sockets, but none may be opened: Deno ends a program that listens without leave to. */
const isDenied = "Deno" in globalThis;

/** @returns {[string, () => Promise<void>][]} */
export function listKeyServiceChecks() {
  return [
    [
      "key service: a file is encrypted and decrypted, or it is said why not",
      async () => {
        const { identity, recipient } = await generateIdentity();
        const server = isDenied ? undefined : await startServer(identity);
        const kind = keyServiceKinds(server?.address ?? "tcp://127.0.0.1:9").find(({ type }) => type === "age");
        const key = kind.wrapper({ type: "age", id: recipient });
        if (server === undefined) {
          const error = await encrypt("a: one\n", { format: "yaml", keys: [key] }).catch((thrown) => thrown);
          if (error.code !== (isDenied ? "network" : "unsupported")) throw error;
          return;
        }
        try {
          const { text } = await encrypt("a: one\n", { format: "yaml", keys: [key] });
          const { data } = await decrypt(text, { format: "yaml", keySources: [kind.source()] });
          if (data.a !== "one") throw new Error("it has another value");
        } finally {
          await server.stop();
        }
      },
    ],
  ];
}

/** Undefined in a browser and a Worker, which must say so. */
async function startServer(identity) {
  const server = await serveKeys("tcp://127.0.0.1:0", [ageKind([identity])]).catch((error) => error);
  if (!(server instanceof Error)) return server;
  if (server.code !== "unsupported" || hasSockets) throw server;
  return undefined;
}
