import { type Metadata, SopsError } from "@isosops/core";
import { conflictIn } from "@isosops/core/verify";
import { verify } from "isosops";
import { privateKeyTexts } from "../keyring/private-keys.js";
import { recipientsOf } from "../recipients.js";
import { ciphertextBeginning, isConfiguration } from "../rotation/files.js";
import { checkClusterKeySecrets } from "./cluster-key-secrets.js";
import { checkConfiguration } from "./configuration.js";
import { type DoctorFinding, firstOf } from "./finding.js";
import { checkKeyNames } from "./key-names.js";
import type { DoctorContext } from "./known-keys.js";
import { checkOpening } from "./opening.js";
import { checkPrivateKeys } from "./private-keys.js";
import { checkReaders } from "./readers.js";
import { type Parsed, parseSample, placeIn, type Sample } from "./sample.js";

/** The result of {@link examineSample}. */
export interface Examined {
  readonly findings: readonly DoctorFinding[];
  /** Whether it is a SOPS file. */
  readonly encrypted: boolean;
  /** The age public keys that open it. */
  readonly recipients: readonly string[];
  /** Whether it could be decrypted as a test. */
  readonly opened: boolean;
  /** Whether it contains a Secret that gives a cluster its key. */
  readonly hasClusterKey: boolean;
}

/**
 * Every file that {@link examineSample} has findings for contains one of these strings, except for `.sops.yaml` files.
 */
export const doctorTexts: readonly string[] = [
  ciphertextBeginning,
  ...privateKeyTexts,
  // With a blank in YAML, without one in JSON.
  "kind: Secret",
  '"Secret"',
];

/** Runs all checks of a file, or of a manifest or values. Errors are findings. */
export async function examineSample(sample: Sample, context: DoctorContext): Promise<Examined> {
  const findings = await checkPrivateKeys(sample);
  const nothing = { findings, encrypted: false, recipients: [], opened: false, hasClusterKey: false };
  if (isConfiguration(sample.path)) {
    findings.push(...(await checkConfiguration(sample, context.keys)));
    return nothing;
  }
  const parsed = await parseSample(sample);
  if (parsed === undefined) return nothing;
  if (parsed instanceof SopsError) {
    if (sample.item === undefined) findings.push(...unreadable(sample, parsed));
    return nothing;
  }
  const encrypted = isEncrypted(parsed);
  let plain: string | undefined;
  let opened = false;
  if (encrypted) {
    findings.push(...checkReaders(parsed, context));
    const test = await checkOpening(parsed, context);
    findings.push(...test.findings);
    opened = test.plain !== undefined;
    if (opened) plain = test.plain!.text;
  }
  // `lintCluster` compares what a cluster names with its `encrypted_paths`.
  if (sample.item === undefined) findings.push(...(await checkWhole(parsed)));
  findings.push(...(await checkKeyNames(parsed)));
  const secret = await checkClusterKeySecrets(parsed, plain, context);
  findings.push(...(secret ?? []));
  const recipients = encrypted ? recipientsOf(parsed.metadata) : [];
  return { findings, encrypted, recipients, opened, hasClusterKey: secret !== undefined };
}

function isEncrypted(parsed: Parsed): parsed is Parsed & { readonly metadata: Metadata } {
  return parsed.metadata !== undefined;
}

/** The errors that `verify` finds in a file. */
async function checkWhole(sample: Parsed): Promise<DoctorFinding[]> {
  const { text, format, name, encrypted, metadata } = sample;
  if (encrypted.size === 0 && metadata === undefined) return [];
  const { findings } = await verify(text, { format, filename: name });
  const errors = findings.filter(({ level }) => level === "error");
  return firstOf(errors, `such errors in ${name}`, ({ message, region }) => ({
    topic: sample.topic,
    rule: "damaged",
    level: "error",
    message: `${name}: ${message}`,
    ...placeIn(sample),
    ...(sample.line === undefined && region !== undefined ? { line: region.line } : {}),
  }));
}

function unreadable(sample: Sample, error: SopsError): DoctorFinding[] {
  // A text about sops may not be YAML, although its name says so.
  if (!sample.text.includes(ciphertextBeginning)) return [];
  return [
    {
      topic: sample.topic,
      rule: "damaged",
      level: "error",
      message: error.message.split("\n", 1)[0]!,
      remedy:
        conflictIn(sample.text, sample.path) === undefined
          ? "Restore the file: look for a version with `git log`."
          : undefined,
      ...placeIn(sample),
      ...(sample.line === undefined && error.line !== undefined ? { line: error.line } : {}),
    },
  ];
}
