import { SopsError } from "@isosops/core";
import { type CreationRule, parseConfig } from "isosops";
import type { DoctorFinding } from "./finding.js";
import type { KnownKeys } from "./known-keys.js";
import { placeIn, type Sample } from "./sample.js";

/** Checks for whom a `.sops.yaml` encrypts new files. */
export async function checkConfiguration(sample: Sample, keys: KnownKeys | undefined): Promise<DoctorFinding[]> {
  const { topic, name, path, text } = sample;
  if (path.endsWith(".yml")) {
    const message = `${name}: sops does not read a configuration of this name, so its rules are those of no file.`;
    return [{ topic, rule: "configuration", level: "warning", message, remedy: "Call it .sops.yaml.", file: path }];
  }
  let rules: readonly CreationRule[];
  try {
    rules = (await parseConfig(text, { filename: name })).creationRules ?? [];
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    const message = error.message.split("\n", 1)[0]!;
    return [{ topic, rule: "configuration", level: "error", message, file: path, line: error.line }];
  }
  return keys === undefined ? [] : rules.flatMap((rule) => checkRule(rule, sample, keys));
}

function checkRule({ keyGroups, pathRegex, line }: CreationRule, sample: Sample, keys: KnownKeys): DoctorFinding[] {
  const { recipient, previousRecipient, destroyed } = keys;
  const recipients = keyGroups.flat().flatMap(({ type, id }) => (type === "age" ? [id] : []));
  const others = keyGroups.flat().flatMap(({ type, id }) => (type === "age" ? [] : [`${type} ${id}`]));
  if (recipients.length === 0 || recipients.includes(recipient)) return [];
  const files = pathRegex === undefined ? "all new files are" : `new files whose path matches \`${pathRegex}\` are`;
  const readers = [...recipients, ...others].join(" and ");
  const old = recipients.find((one) => one === previousRecipient || destroyed.has(one));
  // With keys of other types, files may be meant for those who have them.
  if (old === undefined && others.length > 0) return [];
  const how = old === undefined ? undefined : destroyed.get(old);
  const why =
    how !== undefined
      ? `${old} is a former key of this organisation that was destroyed${how}${others.length > 0 ? "" : ": nobody opens such files"}`
      : old === undefined
        ? "the organisation cannot open such files"
        : "that key is being replaced";
  return [
    {
      topic: sample.topic,
      rule: "configuration",
      level: how === undefined || others.length > 0 ? "warning" : "error",
      message: `${sample.name}: by this rule ${files} encrypted for ${readers}, and the organisation's key is ${recipient}: ${why}.`,
      remedy:
        old !== undefined && how === undefined
          ? "Put the new key in its place: `isosops org reencrypt .`."
          : old !== undefined
            ? `Put ${recipient} into the rule in the place of ${old}.`
            : `Put ${recipient} into the rule, or leave it, if it is for somebody else's files.`,
      ...placeIn(sample),
      line,
    },
  ];
}
