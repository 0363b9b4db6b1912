import { CommandError } from "../program/command-error.js";
import { exitCodes } from "../program/exit-codes.js";

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** Parse `host:port` or `[host]:port`. Throws `CommandError`. */
export function parseListenAddress(text: string): ListenAddress {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host !== undefined && Number(port) < 65536) return { host, port: Number(port) };
  throw new CommandError(
    exitCodes.generic,
    `--listen ${text}: give an address and a port, such as 127.0.0.1:8740 or [::1]:8740.`,
  );
}

/** Whether an IP address is a loopback address. */
export function isLoopback(address: string): boolean {
  return address === "::1" || /^(?:::ffff:)?127(?:\.\d+){3}$/.test(address);
}

/** As a URL. */
export function showAddress({ host, port }: ListenAddress, hasTls: boolean): string {
  return `${hasTls ? "https" : "http"}://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
