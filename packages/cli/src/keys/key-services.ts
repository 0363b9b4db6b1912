import { lazyKinds } from "@isosops/node/internal/keys/kinds";
import type { KeyKind } from "isosops";
import type { KeyServiceOptions } from "../flags/invocation.js";
import { CommandError } from "../program/command-error.js";
import { exitCodes, sopsErrorCode } from "../program/exit-codes.js";

/** Who encrypts and decrypts data keys. */
export interface KeyServices {
  /** Whether this process does, with the keys and credentials of this machine. */
  readonly isLocal: boolean;
  /** Key services of sops, which are asked after it. */
  readonly addresses: readonly string[];
  /** The flag or variable that names them. */
  readonly origin: string;
}

/**
 * The key services of flags, or if one of them is not given, of its variable (cmd/sops/main.go, `keyservices`).
 *
 * @param exitCode for a command line that leaves nobody
 * @throws {CommandError}
 */
export function chooseKeyServices(options: KeyServiceOptions, exitCode: number): KeyServices {
  const addresses = options.keyservice ?? listOf(process.env.SOPS_KEYSERVICE);
  const origin = options.keyservice === undefined ? "SOPS_KEYSERVICE" : "--keyservice";
  const isLocal = options.enableLocalKeyservice ?? readVariable(process.env.SOPS_ENABLE_LOCAL_KEYSERVICE);
  if (isLocal || addresses.length > 0) return { isLocal, addresses, origin };
  const without =
    options.enableLocalKeyservice === undefined ? "SOPS_ENABLE_LOCAL_KEYSERVICE" : "--enable-local-keyservice=false";
  throw new CommandError(
    exitCode,
    `${without} leaves nobody to ask: no key services provided. Give --keyservice tcp://HOST:PORT or unix:///PATH, or use the local one.`,
  );
}

function listOf(text = ""): string[] {
  return text
    .split(",")
    .map((address) => address.trim())
    .filter((address) => address !== "");
}

/** As `strconv.ParseBool` of Go; set and empty is false, as in sops. */
function readVariable(text: string | undefined): boolean {
  if (text === undefined || /^(?:1|t|T|TRUE|true|True)$/.test(text)) return true;
  if (text === "" || /^(?:0|f|F|FALSE|false|False)$/.test(text)) return false;
  throw new CommandError(exitCodes.generic, "SOPS_ENABLE_LOCAL_KEYSERVICE is neither `true` nor `false`.");
}

/**
 * Kinds of keys by the key services alone.
 *
 * @throws {CommandError} for an address that is none
 */
export async function remoteKinds({ addresses, origin }: KeyServices): Promise<KeyKind[]> {
  if (addresses.length === 0) return [];
  const { keyServiceKinds } = await import("@isosops/keys/keyservice");
  try {
    return addresses.flatMap((address) => keyServiceKinds(address));
  } catch (error) {
    if (sopsErrorCode(error) !== "invalid_option") throw error;
    // What was given instead may be anything.
    throw new CommandError(
      exitCodes.generic,
      `${origin} is no address of a key service: give tcp://HOST:PORT or unix:///PATH.`,
      error,
    );
  }
}

/**
 * What encrypts for keys, one kind for each type: this process, then the key services in turn. Its age keys decrypt nothing.
 *
 * @throws {CommandError} as the functions above
 */
export async function keyKinds(options: KeyServiceOptions): Promise<KeyKind[]> {
  const services = chooseKeyServices(options, exitCodes.generic);
  const local = services.isLocal ? lazyKinds() : [];
  if (services.addresses.length === 0) return local;
  const { inTurn } = await import("@isosops/keys/keyservice");
  const { ageKind } = await import("isosops/age");
  return inTurn([...local, ...(services.isLocal ? [ageKind()] : []), ...(await remoteKinds(services))]);
}
