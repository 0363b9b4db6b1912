import { lookup } from "node:dns/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { availableParallelism } from "node:os";
import {
  createSessions,
  httpHandler,
  isHttpPath,
  type PagesBackend,
  type PagesOptions,
  type Sessions,
} from "@isosops/gitops";
import { reasonOf } from "@isosops/node/internal/system-error";
import { CommandError } from "../../../program/command-error.js";
import { exitCodes } from "../../../program/exit-codes.js";
import { openAuditLog } from "../../../server/audit-log.js";
import { answer } from "../../../server/bridge.js";
import { enterRoot } from "../../../server/enter-root.js";
import { parseLimits } from "../../../server/limits.js";
import { isLoopback, type ListenAddress, parseListenAddress, showAddress } from "../../../server/listen-address.js";
import type { CheckClusters } from "../../../server/pages/check-clusters.js";
import type { StaticFiles } from "../../../server/pages/static-files.js";
import { openServedOrganisation, type ServedOrganisation } from "../../../server/served-organisation.js";
import { readTls, type TlsFiles } from "../../../server/tls.js";
import { givenTokens, newToken } from "../../../server/tokens.js";
import { workerPool } from "../../../server/worker-pool.js";
import { report, say, warn } from "../../../terminal/messages.js";
import type { OrgServeFlags } from "./flags.js";

const defaultAddress = "127.0.0.1:8740";

/** How long a pending request may take after the server was told to stop, in milliseconds. */
const patience = 10_000;

/** `isosops org serve`. Ends when it is interrupted. */
export async function orgServe(flags: OrgServeFlags): Promise<void> {
  const { listen = defaultAddress, allowRemote, allowHost = [], tokenFile = [], limit = [], uiFolder, root } = flags;
  const hasPages = flags.ui === true || uiFolder !== undefined;
  const address = parseListenAddress(listen);
  const limits = parseLimits(limit);
  if (!hasPages) checkPageFlags(flags);
  const tls = await readTls(flags.tlsCert, flags.tlsKey);
  const bound = await bind(address, tls, allowRemote === true);
  const auditLog = flags.auditLog === undefined ? undefined : openAuditLog(flags.auditLog);
  // Read before the working folder changes.
  const files = hasPages ? await loadPages(uiFolder) : undefined;
  const tokens = await givenTokens(tokenFile);
  if (root !== undefined) enterRoot(root);
  const organisation = await openServedOrganisation(
    hasPages ? "on the page of the organisation" : "`isosops org init`",
  );
  if (tokens.length === 0 && !hasPages) tokens.push(newToken());
  const pool = workerPool({ ...limits, workers: Math.min(4, Math.max(1, availableParallelism() - 1)) });
  const backend = hasPages ? await openBackend(organisation, pool.check) : undefined;
  const sessions = createSessions();
  const server = makeServer(tls);
  await open(server, bound);
  const { port } = server.address() as AddressInfo;
  let pages: PagesOptions | undefined;
  if (backend !== undefined && files !== undefined) {
    pages = {
      backend,
      sessions,
      // Cookies are the same for all ports of a host. Browsers let nobody else set one of the first name.
      cookie: { name: tls === undefined ? `isosops-${port}` : "__Host-isosops", isSecure: tls !== undefined },
      files,
      onAudit: auditLog?.write,
    };
  }
  const handler = httpHandler({
    organisation: organisation.get,
    tokens,
    onError: report,
    onNotice,
    limits: limits.http,
    hosts: [address.host, ...allowHost],
    work: pool.work,
    pages,
  });
  const streams = new Set<ServerResponse>();
  server.on("request", (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const started = performance.now();
    const client = { address: incoming.socket.remoteAddress };
    answer(incoming, outgoing, (request) => handler(request, client), streams).then((status) => {
      const path = incoming.url?.split("?", 1)[0] ?? "";
      // Only known paths are logged, nothing else that clients send.
      const what = isHttpPath(path) ? `${incoming.method} ${path}` : "another path";
      say(`${new Date().toISOString()} ${what} ${status} ${Math.round(performance.now() - started)} ms`);
    }, report);
  });
  const url = showAddress({ host: bound.host, port }, tls !== undefined);
  say(`Listening on ${url}`);
  const own = showAddress({ host: nameFor(address, bound), port }, tls !== undefined);
  const stopOffering = pages === undefined ? () => {} : await offerLinks(sessions, own);
  await ended(server, streams);
  stopOffering();
  await pool.close();
  auditLog?.close();
  say("The server has ended.");
}

/** Loaded on demand: the pages are large. */
async function loadPages(folder: string | undefined): Promise<StaticFiles> {
  const { staticFiles } = await import("../../../server/pages/static-files.js");
  return staticFiles(folder);
}

/** Finishes what a killed server was saving before anything is asked for. */
async function openBackend(organisation: ServedOrganisation, check: CheckClusters): Promise<PagesBackend> {
  const { pagesBackend } = await import("../../../server/pages/backend.js");
  const { finishSaves } = await import("../../../server/pages/file-routes.js");
  await finishSaves();
  return pagesBackend(organisation, check);
}

function onNotice(notice: string): void {
  say(`${new Date().toISOString()} ${notice}`);
}

/** Throws `CommandError` for flags that have no effect without pages. */
function checkPageFlags({ root, auditLog }: OrgServeFlags): void {
  const [flag] =
    Object.entries({ "--root": root, "--audit-log": auditLog }).find(([, value]) => value !== undefined) ?? [];
  if (flag === undefined) return;
  throw new CommandError(exitCodes.conflictingParameters, `${flag} has no effect without the pages: add --ui.`);
}

/** Print a link, and another whenever somebody presses Enter on the terminal. Returns what ends that. */
async function offerLinks(sessions: Sessions, url: string): Promise<() => void> {
  await printLink(sessions, url);
  const { stdin } = process;
  if (!stdin.isTTY) return () => {};
  say("Press Enter for another one.");
  const onEnter = (): void => {
    printLink(sessions, url).catch(report);
  };
  stdin.on("data", onEnter).resume();
  return () => {
    stdin.off("data", onEnter).pause();
  };
}

/** Prints where to sign in. Whoever reads it has the terminal, and so the keyring. */
async function printLink(sessions: Sessions, url: string): Promise<void> {
  const { link, expires } = await sessions.createLink("administrator");
  say(`Open this address to sign in, once, until ${new Date(expires).toLocaleTimeString()}:`);
  say(`  ${url}/#link=${link}`);
}

/** What a browser calls the server: a name if one was given, and no address that stands for all. */
function nameFor({ host }: ListenAddress, bound: ListenAddress): string {
  return bound.host === "0.0.0.0" || bound.host === "::" ? "localhost" : host;
}

function makeServer(tls: TlsFiles | undefined): Server {
  const options = { requestTimeout: 60_000 };
  return tls === undefined ? createServer(options) : createTlsServer({ ...options, ...tls, minVersion: "TLSv1.2" });
}

/** The network address to listen on. Throws `CommandError` if others reach it, and the connection would be plain. */
async function bind(
  { host, port }: ListenAddress,
  tls: TlsFiles | undefined,
  allowRemote: boolean,
): Promise<ListenAddress> {
  const given = `--listen ${host}:${port}`;
  const { address } = await lookup(host).catch((error: unknown) => {
    throw unusable(given, error);
  });
  if (!isLoopback(address) && tls === undefined) checkRemote(given, allowRemote);
  return { host: address, port };
}

async function open(server: Server, { host, port }: ListenAddress): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject).listen(port, host, resolve);
    });
  } catch (error) {
    throw unusable(`--listen ${host}:${port}`, error);
  }
}

function unusable(given: string, error: unknown): CommandError {
  return new CommandError(exitCodes.generic, `${given}: ${reasonOf(error)}. Give another address.`, error);
}

function checkRemote(given: string, allowRemote: boolean): void {
  if (allowRemote) {
    warn(
      "anyone on the network in between can read tokens and secrets: give a certificate (--tls-cert, --tls-key), or put a proxy with TLS in front of this server.",
    );
    return;
  }
  throw new CommandError(
    exitCodes.generic,
    `${given}: other machines reach that address, and the connection is not encrypted. Give a certificate (--tls-cert, --tls-key), or listen on 127.0.0.1 behind a proxy with TLS, or add --allow-remote.`,
  );
}

/** Resolves after a signal, when pending requests are answered. A second signal ends the process at once. */
async function ended(server: Server, streams: ReadonlySet<ServerResponse>): Promise<void> {
  await new Promise<void>((resolve) => {
    const end = (): void => {
      for (const signal of ["SIGINT", "SIGTERM"]) process.off(signal, end);
      server.close(() => resolve());
      server.closeIdleConnections();
      // Whoever follows a run asks again.
      for (const stream of streams) stream.destroy();
      setTimeout(() => server.closeAllConnections(), patience).unref();
    };
    for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, end);
  });
}
