/**
 * The protocol of filters that serve all files of a command of Git, version 2: gitattributes(5), "Long Running Filter Process",
 * in packets of gitprotocol-common(5).
 */
import { nameOf } from "@isosops/node/internal/file-system/names";

/** `clean` makes what is staged of a file of the work tree; `smudge` the other way round. */
export type FilterCommand = "clean" | "smudge";

/** Git has sent what the protocol does not have. */
export class FilterError extends Error {
  override readonly name = "FilterError";
}

/** The longest content of a packet, in bytes. */
const longestPacket = 65_516;

const flush = Buffer.from("0000");

/**
 * Serves Git until it closes the input. A file for which `convert` throws gets the status `error`, and Git goes on, or fails where
 * the filter is required.
 *
 * @param convert is called for one file at a time, with the path from the top folder
 * @param onError is told what `convert` has thrown
 * @throws {FilterError}
 */
export async function serveFilter(
  input: AsyncIterable<Uint8Array>,
  write: (bytes: Buffer) => Promise<void>,
  convert: (command: FilterCommand, path: string, content: Buffer) => Promise<Uint8Array>,
  onError: (path: string, error: unknown) => void,
): Promise<void> {
  const packets = readPackets(input);
  const hello = await readList(packets);
  if (hello === undefined) return;
  const [client, ...versions] = hello.map(String);
  if (client !== "git-filter-client" || !versions.includes("version=2")) {
    throw new FilterError(
      "This is for Git to start, as the filter of a configuration: `isosops git install --filter`.",
    );
  }
  await write(Buffer.concat([packet("git-filter-server\n"), packet("version=2\n"), flush]));
  const offered = ((await readList(packets)) ?? []).map(String);
  const own = ["capability=clean", "capability=smudge"].filter((name) => offered.includes(name));
  await write(Buffer.concat([...own.map((name) => packet(`${name}\n`)), flush]));
  for (let header = await readList(packets); header !== undefined; header = await readList(packets)) {
    const fields = new Map(header.map(fieldOf));
    const command = String(fields.get("command"));
    const path = nameOf(fields.get("pathname") ?? Buffer.alloc(0));
    const content = Buffer.concat((await readList(packets, false)) ?? []);
    if (command !== "clean" && command !== "smudge")
      throw new FilterError(`Git asks for ${command}, which was not offered.`);
    let result: Uint8Array;
    try {
      result = await convert(command, path, content);
    } catch (error) {
      onError(path, error);
      await write(Buffer.concat([packet("status=error\n"), flush]));
      continue;
    }
    const parts = [packet("status=success\n"), flush];
    for (let at = 0; at < result.length; at += longestPacket)
      parts.push(packet(result.subarray(at, at + longestPacket)));
    // The second one keeps the status.
    await write(Buffer.concat([...parts, flush, flush]));
  }
}

function packet(content: string | Uint8Array): Buffer {
  const bytes = Buffer.from(content as string);
  return Buffer.concat([Buffer.from((bytes.length + 4).toString(16).padStart(4, "0")), bytes]);
}

function fieldOf(line: Buffer): [string, Buffer] {
  const at = line.indexOf("=");
  return [line.toString("latin1", 0, at), line.subarray(at + 1)];
}

/** The packets before the next flush, as lines of text or as they are; undefined at the end of the input. */
async function readList(packets: AsyncIterator<Buffer | undefined>, areLines = true): Promise<Buffer[] | undefined> {
  const list: Buffer[] = [];
  for (;;) {
    const { done, value } = await packets.next();
    if (done === true) {
      if (list.length > 0) throw new FilterError("Git has closed the input within a file.");
      return undefined;
    }
    if (value === undefined) return list;
    list.push(areLines && value.at(-1) === 10 ? value.subarray(0, -1) : value);
  }
}

/** The contents of packets; undefined for a flush. */
async function* readPackets(input: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer | undefined> {
  let held: Buffer = Buffer.alloc(0);
  for await (const piece of input) {
    held = held.length === 0 ? Buffer.from(piece) : Buffer.concat([held, piece]);
    while (held.length >= 4) {
      const text = held.toString("latin1", 0, 4);
      const length = /^[0-9a-f]{4}$/i.test(text) ? Number.parseInt(text, 16) : 1;
      if (length > 0 && length < 4) throw new FilterError("What comes from the input is no packet of Git.");
      if (length === 0) {
        held = held.subarray(4);
        yield undefined;
        continue;
      }
      if (held.length < length) break;
      const content = held.subarray(4, length);
      held = held.subarray(length);
      yield content;
    }
  }
  if (held.length > 0) throw new FilterError("Git has closed the input within a packet.");
}
