/** `sops keyservice`, started for a test. */
import { spawn } from "node:child_process";
import { type AddressInfo, connect, createServer } from "node:net";

export interface SopsKeyService {
  readonly address: string;
  stop(): Promise<void>;
}

/**
 * Starts one.
 *
 * @param path of sops
 * @param socket where it listens; on a free port of this machine if left out
 */
export async function startSopsKeyService(
  path: string,
  env: Record<string, string>,
  socket?: string,
): Promise<SopsKeyService> {
  const port = socket === undefined ? await freePort() : undefined;
  const where = socket === undefined ? ["tcp", `127.0.0.1:${port}`] : ["unix", socket];
  const child = spawn(path, ["keyservice", "--network", where[0]!, "--address", where[1]!], { env, stdio: "ignore" });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const stop = async () => {
    child.kill();
    await ended;
  };
  const to = socket === undefined ? { host: "127.0.0.1", port: port! } : { path: socket };
  for (let waited = 0; !(await answers(to)); waited++) {
    if (waited > 200 || child.exitCode !== null) {
      await stop();
      throw new Error("sops keyservice has not started");
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { address: `${where[0]}://${where[1]}`, stop };
}

/** A port on which nothing listens. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

function answers(to: { host: string; port: number } | { path: string }): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(to);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
