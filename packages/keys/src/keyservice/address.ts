import { SopsError } from "@isosops/core";

/** Where a key service listens. */
export type KeyServiceAddress =
  | { readonly network: "tcp"; readonly host: string; readonly port: number }
  | { readonly network: "unix"; readonly path: string };

/**
 * Read an address as of `sops --keyservice` (cmd/sops/main.go, `keyservices`).
 *
 * @param address `tcp://HOST:PORT` or `unix:///PATH`
 * @throws {SopsError} `invalid_option`
 */
export function parseAddress(address: string): KeyServiceAddress {
  const [, absolute, path = absolute] = /^unix:(?:\/\/(\/.*)|(\/(?!\/).*|[^/].*))$/.exec(address) ?? [];
  if (path !== undefined) return { network: "unix", path };
  const [, host, port] = /^tcp[46]?:\/\/([\w.-]+|\[[\da-fA-F:.]+\]):(\d{1,5})\/?$/.exec(address) ?? [];
  if (host !== undefined && Number(port) <= 65_535) return { network: "tcp", host, port: Number(port) };
  throw new SopsError(
    "invalid_option",
    `${JSON.stringify(address)} is no address of a key service. Give tcp://HOST:PORT or unix:///PATH.`,
  );
}

/** An address as it is written. */
export function showAddress(address: KeyServiceAddress): string {
  return address.network === "unix" ? `unix://${address.path}` : `tcp://${address.host}:${address.port}`;
}
