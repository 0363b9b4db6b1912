/**
 * Finds, installs and starts moto, which answers as AWS KMS, STS and IAM do, for the tests of keys. It checks signatures and
 * policies once it has answered as many requests as it is told to answer without.
 */
import { execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { cacheFolder, installWithPip } from "./tools.js";

const motoVersion = "5.2.1";

const folder = () => join(cacheFolder(), `moto-${motoVersion}`);

/** @returns {string | undefined} the `moto_server` of `MOTO_BIN`, of the cache or of the system */
export function findMoto() {
  return [process.env.MOTO_BIN, join(folder(), "bin", "moto_server"), "moto_server"].find((path) => {
    if (!path || (path !== "moto_server" && !existsSync(path))) return false;
    try {
      execFileSync(path, ["--help"], { stdio: "ignore", timeout: 60_000 });
      return true;
    } catch {
      return false;
    }
  });
}

/**
 * Installs moto of PyPI into the cache, where there is none yet. Takes minutes, and 320 MB.
 *
 * @throws where there is no Python, or PyPI cannot be reached
 */
export function installMoto() {
  const found = findMoto();
  if (found !== undefined) return found;
  installWithPip(folder(), `moto[server,kms]==${motoVersion}`);
  return join(folder(), "bin", "moto_server");
}

/**
 * Starts moto on a free port of this machine.
 *
 * @param {string} path
 * @param {{ unchecked: number }} options how many requests are answered without a look at their signature
 * @returns {Promise<{ url: string, stop(): Promise<void> }>}
 */
export async function startMoto(path, { unchecked }) {
  const port = await freePort();
  const child = spawn(path, ["-H", "127.0.0.1", "-p", String(port)], {
    env: { ...process.env, INITIAL_NO_AUTH_ACTION_COUNT: String(unchecked) },
    stdio: "ignore",
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const stop = async () => {
    child.kill();
    await ended;
  };
  const orphan = () => child.kill();
  process.once("exit", orphan);
  ended.then(() => process.off("exit", orphan));
  for (let waited = 0; !(await answers(port)); waited++) {
    if (waited > 600 || child.exitCode !== null) {
      await stop();
      throw new Error("moto has not started");
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return { url: `http://127.0.0.1:${port}`, stop };
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

function answers(port) {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
