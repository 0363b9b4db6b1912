import { SopsError } from "@isosops/core";

/** A key of a transit engine, as a file names it (hcvault/keysource.go, `MasterKey`). */
export interface TransitKey {
  /** `https://vault.example.com:8200`, without a slash at its end. */
  readonly address: string;
  /** `transit`; with slashes where the mount has some. */
  readonly enginePath: string;
  readonly keyName: string;
}

const example = "https://vault.example.com:8200/v1/transit/keys/KEY";

/**
 * Take the URI of a key apart (hcvault/keysource.go, `NewMasterKeyFromURI`). The version of the API and the last but one
 * part of the path, which is `keys`, are not looked at, as in sops.
 *
 * @throws {SopsError} `invalid_key`
 */
export function parseTransitUri(uri: string): TransitKey {
  const [, scheme, host, path] = /^([a-z]+):\/\/([^/]*)(\/.*)$/is.exec(uri.trim()) ?? [];
  if (scheme === undefined || host === undefined || path === undefined) return refuse("it is no URI of a key");
  if (/\/[^/]+\/v\d+\/[^/]+\/[^/]+\/[^/]+/.test(path)) return refuse("its path has something before the version");
  if (!/\/v\d+\/[^/]+\/[^/]+\/[^/]+/.test(path)) return refuse("its path is not that of a key");
  const parts = path.replace(/^\/+|\/+$/g, "").split("/");
  return checkTransitKey({
    address: `${scheme.toLowerCase()}://${host}`,
    enginePath: parts.slice(1, -2).filter(Boolean).join("/"),
    keyName: parts.at(-1)!,
  });
}

/**
 * Check the name of a key, which becomes the host and the path that are asked. An address with a path is that of a Vault
 * behind a proxy.
 *
 * @throws {SopsError} `invalid_key`
 */
export function checkTransitKey(key: TransitKey): TransitKey {
  const { address, enginePath, keyName } = key;
  if (address.startsWith("unix:")) return refuse("Unix sockets cannot be asked here");
  if (/^https?:\/\/[^/]*@/i.test(address)) return refuse("its address holds a user name, which belongs to no file");
  const host = String.raw`(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?`;
  const pattern = new RegExp(String.raw`^https?://${host}(?:/[\w.~-]+)*/?$`, "i");
  if (!pattern.test(address) || !URL.canParse(address) || hasDots(address)) {
    return refuse("its address is not that of a Vault server");
  }
  if (!isPath(enginePath) || !isPath(keyName) || keyName.includes("/")) {
    return refuse("its engine path or its name has characters that it cannot have there");
  }
  return key;
}

function isPath(path: string): boolean {
  return /^[^\p{Cc}\p{Z}\p{Surrogate}/?#\\]+(?:\/[^\p{Cc}\p{Z}\p{Surrogate}/?#\\]+)*$/u.test(path) && !hasDots(path);
}

/** Whether parts of a path would be resolved on the way. */
function hasDots(path: string): boolean {
  return path.split("/").some((part) => /^(?:\.|%2e){1,2}$/i.test(part));
}

function refuse(what: string): never {
  throw new SopsError("invalid_key", `${what}. Give one such as ${example}.`);
}

/** The URL of an operation with a key, at a server that may be another than that of the key, such as an agent. */
export function urlOf(key: TransitKey, operation: string, server: string = key.address): string {
  const { enginePath, keyName } = key;
  const path = [...enginePath.split("/"), operation, keyName].map(encodeURIComponent).join("/");
  return `${server.replace(/\/$/, "")}/v1/${path}`;
}
