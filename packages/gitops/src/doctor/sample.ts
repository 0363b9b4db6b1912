import { type Document, type Leaf, type Metadata, parseSource, placeOf, readMetadata, SopsError } from "@isosops/core";
import { findCiphertexts } from "@isosops/core/verify";
import { loadStore } from "@isosops/formats/load";
import { formatForPath } from "isosops";
import type { ClusterItem } from "../cluster/cluster-file.js";
import { ciphertextBeginning, type FormatName, formats } from "../rotation/files.js";
import type { DoctorFinding, DoctorTopic } from "./finding.js";

/** A text to examine: a file, or Base64 in a cluster file. */
export interface Sample {
  readonly topic: DoctorTopic;
  /** The file that contains it. */
  readonly path: string;
  /** Used in messages. */
  readonly name: string;
  readonly text: string;
  /** The 1-based line of the Base64 in the cluster file; undefined for a file. */
  readonly line: number | undefined;
  /** The item of the cluster file that it belongs to. */
  readonly item: ClusterItem | undefined;
  /** The cluster file that names it. */
  readonly clusterPath?: string | undefined;
}

/** A sample that could be parsed. */
export interface Parsed extends Sample {
  readonly format: FormatName;
  readonly document: Document;
  /** Undefined if it is not encrypted. */
  readonly metadata: Metadata | undefined;
  /** The encrypted values. */
  readonly encrypted: ReadonlySet<Leaf>;
}

/**
 * Parses a sample as a SOPS file of any format, else as YAML or JSON if its name says so.
 *
 * @returns the parsed sample, or the error if its name says that it can be parsed; undefined if it has nothing to do
 * with sops
 */
export async function parseSample(sample: Sample): Promise<Parsed | SopsError | undefined> {
  const named = formatForPath(sample.path);
  if (sample.text.includes(ciphertextBeginning)) {
    for (const format of new Set([named, ...formats])) {
      const parsed = await parseAs(sample, format);
      if (!(parsed instanceof SopsError) && parsed.metadata !== undefined) return parsed;
    }
  } else if (!mayBeSecret(sample.text) && sample.item === undefined) return undefined;
  return named === "binary" ? undefined : parseAs(sample, named);
}

function mayBeSecret(text: string): boolean {
  return /\bkind["']?[ \t]*:[ \t]*["']?Secret\b/.test(text);
}

async function parseAs(sample: Sample, format: FormatName): Promise<Parsed | SopsError> {
  try {
    const store = await loadStore(format);
    const document = await parseSource(store, sample.text, { filename: sample.path });
    const metadata =
      document.metadata === undefined ? undefined : readMetadata(document.metadata, store.singleValue !== true);
    const encrypted = new Set(findCiphertexts(document.branches).map(({ leaf }) => leaf));
    return { ...sample, format, document, metadata, encrypted };
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    return error;
  }
}

/** The position of a finding: in the file, or that of the Base64 in a cluster file. */
export function placeIn({ path, text, line }: Sample, start?: number): Pick<DoctorFinding, "file" | "line"> {
  const own = start === undefined || start < 0 ? undefined : placeOf(text, start).line;
  return { file: path, line: line ?? own };
}
