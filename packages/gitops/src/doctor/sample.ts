import { type Document, type Leaf, type Metadata, parseSource, placeOf, readMetadata, SopsError } from "@isosops/core";
import { findCiphertexts } from "@isosops/core/verify";
import { loadStore } from "@isosops/formats/load";
import { formatForPath } from "isosops";
import type { ClusterItem } from "../cluster/cluster-file.js";
import { ciphertextBeginning, type FormatName, formats } from "../rotation/files.js";
import type { DoctorFinding, DoctorTopic } from "./finding.js";

/** A text that is looked at: a file, or what stands in Base64 in a cluster file. */
export interface Sample {
  readonly topic: DoctorTopic;
  /** The file in which it stands. */
  readonly path: string;
  /** For messages. */
  readonly name: string;
  readonly text: string;
  /** Where it stands, for one whose own lines are no lines of the file. */
  readonly line: number | undefined;
  /** What it is to a cluster. */
  readonly item: ClusterItem | undefined;
  /** The cluster file that names it. */
  readonly clusterPath?: string | undefined;
}

/** A sample that could be read as a file of sops, or as a manifest. */
export interface Parsed extends Sample {
  readonly format: FormatName;
  readonly document: Document;
  /** Undefined for what is not encrypted. */
  readonly metadata: Metadata | undefined;
  /** The values that are encrypted. */
  readonly encrypted: ReadonlySet<Leaf>;
}

/**
 * Read a sample as a file of sops in whatever format it is, else as YAML or JSON where it is called so. Returns why it
 * cannot be read, where its name says that it should be; undefined for what has nothing to do with sops.
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
    const document = parseSource(store, sample.text, { filename: sample.path });
    const metadata =
      document.metadata === undefined ? undefined : readMetadata(document.metadata, store.singleValue !== true);
    const encrypted = new Set(findCiphertexts(document.branches).map(({ leaf }) => leaf));
    return { ...sample, format, document, metadata, encrypted };
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    return error;
  }
}

/** Where a finding is: in the file, or where in a cluster file the Base64 stands. */
export function placeIn({ path, text, line }: Sample, start?: number): Pick<DoctorFinding, "file" | "line"> {
  const own = start === undefined || start < 0 ? undefined : placeOf(text, start).line;
  return { file: path, line: line ?? own };
}
