import { lookup } from "node:dns/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { availableParallelism } from "node:os";
import { httpHandler, identities, isHttpPath, type OrganisationOptions, show } from "@isosops/gitops";
import { reasonOf } from "@isosops/node/internal/system-error";
import { openNewest } from "../../../keyring/open-organisation.js";
import { CommandError } from "../../../program/command-error.js";
import { exitCodes } from "../../../program/exit-codes.js";
import { answer } from "../../../server/bridge.js";
import { parseLimits } from "../../../server/limits.js";
import { isLoopback, type ListenAddress, parseListenAddress, showAddress } from "../../../server/listen-address.js";
import { chooseToken } from "../../../server/token.js";
import { workerPool } from "../../../server/worker-pool.js";
import { report, say, warn } from "../../../terminal/messages.js";
import type { OrgServeFlags } from "./flags.js";

const defaultAddress = "127.0.0.1:8740";

/** How long a pending request may take after the server was told to stop, in milliseconds. */
const patience = 10_000;

/** `isosops org serve`. Ends when it is interrupted. */
export async function orgServe(flags: OrgServeFlags): Promise<void> {
  const { listen = defaultAddress, allowRemote, allowHost = [], tokenFile, limit = [] } = flags;
  const address = parseListenAddress(listen);
  const limits = parseLimits(limit);
  const organisation = await organisationProvider();
  const token = await chooseToken(tokenFile);
  const pool = workerPool({ ...limits, workers: Math.min(4, Math.max(1, availableParallelism() - 1)) });
  const handler = httpHandler({
    organisation,
    token,
    onError: report,
    onNotice,
    limits: limits.http,
    hosts: [address.host, ...allowHost],
    work: pool.work,
  });
  const server = createServer({ requestTimeout: 60_000 }, (incoming, outgoing) => {
    const started = performance.now();
    answer(incoming, outgoing, handler).then((status) => {
      const path = incoming.url?.split("?", 1)[0] ?? "";
      // Only known paths are logged, nothing else that clients send.
      const what = isHttpPath(path) ? `${incoming.method} ${path}` : "another path";
      say(`${new Date().toISOString()} ${what} ${status} ${Math.round(performance.now() - started)} ms`);
    }, report);
  });
  await start(server, address, allowRemote === true);
  await ended(server);
  await pool.close();
  say("The server has ended.");
}

function onNotice(notice: string): void {
  say(`${new Date().toISOString()} ${notice}`);
}

/** Opens the keyring at the start if there is one, so that no request waits for the passphrase prompt. */
async function organisationProvider(): Promise<() => Promise<OrganisationOptions>> {
  let opened: OrganisationOptions | undefined;
  const provide = async (): Promise<OrganisationOptions> => {
    if (opened !== undefined) return opened;
    const organisation = await openNewest();
    if ((await show(organisation)) !== undefined) opened = organisation;
    return organisation;
  };
  const organisation = await provide();
  if (opened !== undefined) await identities(organisation);
  else warn("the organisation has no key yet. Make one: `isosops org init`.");
  return provide;
}

async function start(server: Server, { host, port }: ListenAddress, allowRemote: boolean): Promise<void> {
  const given = `--listen ${host}:${port}`;
  try {
    const { address } = await lookup(host);
    if (!isLoopback(address)) checkRemote(given, allowRemote);
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject).listen(port, address, resolve);
    });
    say(`Listening on ${showAddress({ host: address, port: (server.address() as AddressInfo).port })}`);
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(exitCodes.generic, `${given}: ${reasonOf(error)}. Give another address.`, error);
  }
}

function checkRemote(given: string, allowRemote: boolean): void {
  if (allowRemote) {
    warn("anyone on the network in between can read tokens and secrets: put a proxy with TLS in front of this server.");
    return;
  }
  throw new CommandError(
    exitCodes.generic,
    `${given}: other machines reach that address, and the connection is not encrypted. Listen on 127.0.0.1 behind a proxy with TLS, or add --allow-remote.`,
  );
}

/** Resolves after a signal, when pending requests are answered. A second signal ends the process at once. */
async function ended(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    const end = (): void => {
      for (const signal of ["SIGINT", "SIGTERM"]) process.off(signal, end);
      server.close(() => resolve());
      server.closeIdleConnections();
      setTimeout(() => server.closeAllConnections(), patience).unref();
    };
    for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, end);
  });
}
