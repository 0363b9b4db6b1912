/**
 * The kinds of keys that ask a service by `fetch`, live: what sops encrypted is decrypted in every runtime that is there, and what
 * each runtime encrypted by sops, against the same service. `SOPS_BIN` names the versions of sops; a service that cannot be started
 * here is named. With `--require-all` a runtime or a version of sops that is missing is a failure.
 */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { findSops, sopsVersions, twoAtATime } from "../test-vectors/tools.js";
import { startCorsProxy } from "./cors-proxy.js";
import { installedFolder } from "./installed.js";
import { listLiveKinds } from "./live-services.js";
import { runTargets } from "./report.js";
import { allTargets } from "./targets.js";

const plain = "name: Zoë\nport: 5432\nlist:\n    - one\n    - 2.5\n";

/** @param {{ requireAll: boolean }} options */
export async function runLiveKeys({ requireAll }) {
  const versions = process.env.SOPS_BIN ? findSops() : [];
  const unfound = sopsVersions.filter((wanted) => !versions.some(({ version }) => version === wanted));
  if (unfound.length > 0 && (requireAll || versions.length === 0)) {
    console.log(
      `Keys of services, live: ${requireAll ? "FAILED" : "skipped"}: SOPS_BIN names no sops ${unfound.join(" and no ")}.`,
    );
    if (requireAll) process.exitCode = 1;
    return;
  }
  // Before the services: they run in this process, which waits for npm.
  installedFolder();
  const folder = mkdtempSync(join(tmpdir(), "isosops-live-"));
  const services = [];
  try {
    for (const kind of await listLiveKinds()) {
      if (kind.missing === undefined) services.push(await openService(kind, versions, folder));
      else console.log(`${kind.name}, live: skipped: ${kind.missing}.`);
    }
    const job = { plain, services: services.map(({ forRuntimes }) => forRuntimes) };
    const targets = allTargets.map((target) => ({
      ...target,
      run: async () => {
        const outcome = await target.run(job);
        await openWithSops(outcome, services);
        return outcome;
      },
    }));
    await runTargets(targets, { requireAll });
  } finally {
    await Promise.all(services.map(({ stop }) => stop()));
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Starts a service, and encrypts a file with each version of sops that has the kind. */
async function openService({ kind, name, start, unknownTo = [] }, versions, folder) {
  const { upstream, stop, tell } = await start();
  const proxy = await startCorsProxy(upstream);
  const { key, given, flags, environment } = tell(proxy.url);
  const binaries = versions.filter(({ version }) => !unknownTo.includes(version));
  const sops = ({ path }, args, text) => runSops(path, args, text, environment, folder);
  const encrypted = await Promise.all(
    binaries.map(async (binary) => ({
      by: `sops ${binary.version}`,
      text: await sops(binary, ["encrypt", ...flags], plain),
    })),
  );
  return {
    forRuntimes: { kind, name, url: proxy.url, key, given, encrypted },
    binaries,
    sops,
    async stop() {
      await proxy.stop();
      await stop();
    },
  };
}

/** Adds to the outcome of a runtime whether sops decrypts its files. */
async function openWithSops(outcome, services) {
  const checks = services.flatMap((service) => service.binaries.map((binary) => ({ service, binary })));
  await twoAtATime(checks, async ({ service: { forRuntimes, sops }, binary }) => {
    const text = outcome.files[forRuntimes.kind];
    // It has failed there.
    if (text === undefined) return;
    const shown = await sops(binary, ["decrypt"], text).catch((error) => error.stderr || error.message);
    if (shown === plain) {
      outcome.passed++;
    } else {
      outcome.failed++;
      const name = `${forRuntimes.name}: what was encrypted is decrypted by sops ${binary.version}`;
      outcome.failures.push({ name, message: shown });
    }
  });
}

let count = 0;

/** The services run in this process, which must not wait for sops. */
async function runSops(path, args, text, environment, folder) {
  const file = join(folder, `${++count}.yaml`);
  writeFileSync(file, text);
  const env = { PATH: process.env.PATH ?? "", HOME: folder, ...environment };
  const options = { encoding: "utf8", env, cwd: folder, timeout: 30_000 };
  return (await promisify(execFile)(path, [...args, file], options)).stdout;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await runLiveKeys({ requireAll: process.argv.includes("--require-all") });
}
