/** Key services, which need sockets: browsers and Workers have none, and Deno may be told to open none. */
import { keyServiceKinds, serveKeys } from "@isosops/keys/keyservice";
import { decrypt, encrypt, generateIdentity } from "isosops";
import { ageKind } from "isosops/age";

const hasProcess = typeof globalThis.process === "object" && typeof globalThis.document === "undefined";
/** As for these checks. */
const isDenied = "Deno" in globalThis;

/** @returns {[string, () => Promise<void>][]} */
export function listKeyServiceChecks() {
  return [
    [
      "key service: a file is encrypted and decrypted, or it is said why not",
      async () => {
        const { identity, recipient } = await generateIdentity();
        const server = await serveKeys("tcp://127.0.0.1:0", [ageKind([identity])]).catch((error) => error);
        if (server.address === undefined) {
          if (server.code !== "unsupported" && !isDenied) throw server;
          if (server.code === "unsupported" && hasProcess) throw server;
        }
        const address = server.address ?? "tcp://127.0.0.1:9";
        const kind = keyServiceKinds(address).find(({ type }) => type === "age");
        const key = kind.wrapper({ type: "age", id: recipient });
        if (server.address === undefined) {
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
