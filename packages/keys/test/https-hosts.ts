/** Hosts of a service with HTTPS, on this machine: a certificate for them, and a proxy that leads to it. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";

/** Why there can be no certificate here; undefined if there can be. */
export function whyNoCertificate(): string | undefined {
  try {
    execFileSync("openssl", ["version"], { stdio: "ignore" });
    return undefined;
  } catch {
    return "there is no openssl";
  }
}

/** A certificate for these hosts, which the variable `SSL_CERT_FILE` has a program written in Go trust. */
export function createCertificate(
  folder: string,
  hosts: readonly string[],
): { cert: Buffer; key: Buffer; file: string } {
  const file = join(folder, "cert.pem");
  const keyFile = join(folder, "key.pem");
  execFileSync(
    "openssl",
    [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30"],
      ...["-keyout", keyFile, "-out", file, "-subj", "/CN=loopback"],
      ...[
        "-addext",
        `subjectAltName=${hosts.map((host) => `${/^[\d.]+$/.test(host) ? "IP" : "DNS"}:${host}`).join(",")}`,
      ],
    ],
    { stdio: "ignore" },
  );
  return { cert: readFileSync(file), key: readFileSync(keyFile), file };
}

/**
 * Starts a proxy that takes connections to these hosts at port 443, and leads them to a server on this machine.
 *
 * @param port of that server
 * @param onRequest answers requests of plain HTTP, whose URL is that of the host
 */
export async function startProxy(
  hosts: readonly string[],
  port: number,
  onRequest?: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<{ url: string; stop(): Promise<void> }> {
  const proxy = createServer(onRequest);
  const sockets = new Set<{ destroy(): void }>();
  proxy.on("connect", (request: IncomingMessage, socket) => {
    sockets.add(socket);
    if (!hosts.some((host) => request.url === `${host}:443`)) return void socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
    const inner = connect(port, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      inner.pipe(socket).pipe(inner);
    });
    sockets.add(inner);
    for (const [one, other] of [
      [inner, socket],
      [socket, inner],
    ] as const)
      one.on("error", () => other.destroy());
  });
  await new Promise<void>((done) => proxy.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    async stop() {
      for (const socket of sockets) socket.destroy();
      proxy.closeAllConnections();
      await new Promise((done) => proxy.close(done));
    },
  };
}
