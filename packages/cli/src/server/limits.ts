import { defaultLimits, type HttpLimits } from "@isosops/gitops";
import { CommandError } from "../program/command-error.js";
import { exitCodes } from "../program/exit-codes.js";

/** Limits of one request. */
export interface ServerLimits {
  readonly http: HttpLimits;
  readonly seconds: number;
  /** In MiB. */
  readonly memory: number;
}

const mib = 1024 * 1024;

/** In the units of --limit: body, output and memory in MiB. */
const defaults = {
  body: defaultLimits.body / mib,
  documents: defaultLimits.documents,
  names: defaultLimits.names,
  secrets: defaultLimits.secrets,
  output: defaultLimits.output / mib,
  seconds: 30,
  memory: 1024,
};

/** For messages. */
function describeLimits(): string {
  return Object.entries(defaults)
    .map(([name, value]) => `${name}=${value}`)
    .join(", ");
}

/** Parse `name=number` pairs. Throws `CommandError`. */
export function parseLimits(texts: readonly string[]): ServerLimits {
  const given = { ...defaults };
  for (const text of texts) {
    const [, name, number] = /^([a-z]+)=(\d{1,6})$/.exec(text) ?? [];
    if (name === undefined || !Object.hasOwn(defaults, name) || Number(number) === 0) {
      throw new CommandError(
        exitCodes.generic,
        `--limit ${text}: give a name and a whole number above 0, such as ${describeLimits()}.`,
      );
    }
    given[name as keyof typeof defaults] = Number(number);
  }
  const { body, documents, names, secrets, output, seconds, memory } = given;
  return { http: { body: body * mib, documents, names, secrets, output: output * mib }, seconds, memory };
}
