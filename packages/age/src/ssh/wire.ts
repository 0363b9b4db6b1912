import { toText } from "../bytes.js";

/*
 * Data types of the SSH protocol (RFC 4251, section 5), which keys and key files consist of.
 */

export interface WireReader {
  uint32(): number | undefined;
  /** Length-prefixed bytes, or undefined if they are incomplete. */
  string(): Uint8Array | undefined;
  /** Like `string`, as text. */
  text(): string | undefined;
  /** A positive integer, big endian, without leading zeros. */
  mpint(): Uint8Array | undefined;
  rest(): Uint8Array;
}

export function wireReader(bytes: Uint8Array): WireReader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let position = 0;
  const reader: WireReader = {
    uint32() {
      if (bytes.length - position < 4) return undefined;
      position += 4;
      return view.getUint32(position - 4);
    },
    string() {
      const length = reader.uint32();
      if (length === undefined || bytes.length - position < length) return undefined;
      position += length;
      return bytes.slice(position - length, position);
    },
    text() {
      const value = reader.string();
      return value === undefined ? undefined : toText(value);
    },
    mpint() {
      const value = reader.string();
      if (value === undefined || (value.length > 0 && value[0]! >= 0x80)) return undefined;
      return value.subarray(value.findIndex((byte) => byte !== 0) >>> 0);
    },
    rest: () => bytes.slice(position),
  };
  return reader;
}
