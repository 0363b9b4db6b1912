/** Workers: the bundled checks in workerd, without Node's compatibility flag. */
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { bundle } from "../bundle.js";
import { inPlatformPackage, onPath, pins } from "../find.js";
import { timeLimit } from "../process.js";
import { noFiles, runAlone } from "../report.js";

const workerd = inPlatformPackage("@cloudflare", /^workerd-/, "bin/workerd") ?? onPath("workerd");

/** @type {import("../report.js").Target[]} */
export const targets = [
  {
    name: "workers",
    missing: () => (workerd === undefined ? "workerd is not installed: node runtime-tests/install.js" : undefined),
    run: runInWorkerd,
  },
];

async function runInWorkerd(job) {
  const { folder, files } = await bundle("worker.js", "workers", ["workerd", "worker"]);
  writeFileSync(`${folder}config.capnp`, config(files, job !== undefined));
  // Port 0 is any free one, and the control messages say which.
  const child = spawn(workerd, ["serve", `${folder}config.capnp`, "--control-fd=3"], {
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (printed += text));
  try {
    const port = await new Promise((resolve, reject) => {
      let messages = "";
      child.stdio[3].setEncoding("utf8").on("data", (text) => {
        messages += text;
        for (const line of messages.split("\n")) {
          if (!line.endsWith("}")) continue;
          const message = JSON.parse(line);
          if (message.event === "listen") resolve(message.port);
        }
      });
      child.on("error", reject).on("exit", (code) => reject(new Error(`workerd ended with ${code}:\n${printed}`)));
    });
    const response = await fetch(`http://127.0.0.1:${port}/`, {
      ...(job === undefined ? {} : { method: "POST", body: JSON.stringify(job) }),
      signal: AbortSignal.timeout(timeLimit),
    });
    if (!response.ok) throw new Error(`workerd answered ${response.status}:\n${await response.text()}\n${printed}`);
    return {
      ...(await response.json()),
      ...(job === undefined ? noFiles : {}),
      version: `workerd ${pins.workers.workerd}`,
    };
  } finally {
    child.kill("SIGKILL");
  }
}

/** @param {boolean} isLive whether this machine may be asked, which by itself is none of the internet */
function config(files, isLive) {
  const modules = files.map((name) => `(name = "${name}", esModule = embed "${name}")`);
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "main", worker = .checks),${isLive ? '\n    (name = "internet", network = (allow = ["local"])),' : ""}
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);

const checks :Workerd.Worker = (
  compatibilityDate = "2026-11-01",
  modules = [
    ${modules.join(",\n    ")},
  ],
);
`;
}

await runAlone(import.meta.url, targets);
