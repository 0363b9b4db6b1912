import { type KeyRequest, type KeyServer, serveKeys } from "@isosops/keys/keyservice";
import { lazyKinds } from "@isosops/node/internal/keys/kinds";
import { ageKind } from "isosops/age";
import { keyName } from "isosops/keys";
import { findIdentities } from "../../keys/identities.js";
import { CommandError } from "../../program/command-error.js";
import { exitCodes } from "../../program/exit-codes.js";
import { askYesOrNo } from "../../terminal/ask-yes-or-no.js";
import { lineReader } from "../../terminal/line-reader.js";
import { say, warn } from "../../terminal/messages.js";
import { printable } from "../../terminal/printable.js";
import type { KeyserviceOptions } from "./flags.js";

/** `isosops keyservice` (cmd/sops/subcommand/keyservice). */
export async function keyserviceCommand(options: KeyserviceOptions): Promise<void> {
  const { network = "tcp", address = "127.0.0.1:5000", prompt = false, verbose = false } = options;
  const uri = toUri(network, address);
  const { identities } = await findIdentities();
  const stdin = lineReader();
  const confirm = inOrder(async (request: KeyRequest) => {
    if (verbose) say(`Received request: ${describe(request)}`);
    return !prompt || ask(request);
  });
  const ask = async ({ operation, key }: KeyRequest): Promise<boolean> => {
    const question = `\nReceived ${operation} request using ${printable(keyName(key))}. Respond to request? (y/n): `;
    try {
      return await askYesOrNo(question, stdin, "no --prompt");
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      warn(`the request was rejected: ${error.message}`);
      return false;
    }
  };
  const onError = (error: unknown, request: KeyRequest): void => {
    // What is no error of a key may hold anything.
    const reason = error instanceof Error && error.name === "SopsError" ? `: ${error.message}` : "";
    warn(`${describe(request)} failed${reason}`);
  };
  const server = await serveKeys(uri, [...lazyKinds(), ageKind(identities)], { confirm, onError });
  if (!isLoopback(server.address)) {
    warn("this address is not a loopback address: whoever can reach it can use your keys, and read along.");
  }
  say(`Listening on ${server.address}`);
  await untilSignal(server);
  stdin.close();
}

function describe({ operation, key }: KeyRequest): string {
  return printable(`${operation} with ${key.type} ${keyName(key)}`);
}

/** The networks of Go that make sense here. Throws `CommandError`. */
function toUri(network: string, address: string): string {
  if (network === "unix") return address.startsWith("/") ? `unix://${address}` : `unix:${address}`;
  if (!/^tcp[46]?$/.test(network)) {
    throw new CommandError(exitCodes.generic, `--network ${network}: give tcp, tcp4, tcp6 or unix.`);
  }
  // Without a host, Go listens on all addresses.
  const host = network === "tcp4" ? "0.0.0.0" : "[::]";
  return `${network}://${address.startsWith(":") ? host : ""}${address}`;
}

function isLoopback(address: string): boolean {
  return /^unix:|^tcp:\/\/(?:127\.|\[::1\]|localhost[:/])/.test(address);
}

/** One call after the other: there is one terminal. */
function inOrder<Argument, Result>(work: (argument: Argument) => Promise<Result>) {
  let last: Promise<unknown> = Promise.resolve();
  return (argument: Argument): Promise<Result> => {
    const result = last.then(() => work(argument));
    last = result.catch(() => {});
    return result;
  };
}

async function untilSignal(server: KeyServer): Promise<void> {
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  let caught: ((signal: NodeJS.Signals) => void) | undefined;
  const signal = await new Promise<NodeJS.Signals>((resolve) => {
    caught = resolve;
    for (const one of signals) process.on(one, resolve);
  });
  for (const one of signals) process.off(one, caught!);
  say(`Caught signal ${signal}: shutting down.`);
  await server.stop();
}
