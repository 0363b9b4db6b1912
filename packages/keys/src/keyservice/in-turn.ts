import { type KeyKind, type KeySource, type KeyWrapper, SopsError } from "@isosops/core";

/**
 * Several ways to the keys of one type, tried in turn until one works, such as one's own credentials and then a key service:
 * `inTurn([...ownKinds, ...keyServiceKinds(address)])`. sops does so with its local and other key services (sops.go,
 * `UpdateMasterKeysWithKeyServices`).
 *
 * @returns one kind for each type among `kinds`, in the order of the first of each type
 */
export function inTurn(kinds: readonly KeyKind[]): KeyKind[] {
  const types = [...new Set(kinds.map(({ type }) => type))];
  return types.map((type) => {
    const own = kinds.filter((kind) => kind.type === type);
    return own.length === 1 ? own[0]! : join(type, own);
  });
}

function join(type: string, kinds: readonly KeyKind[]): KeyKind {
  return {
    type,
    wrapper(reference): KeyWrapper {
      const makers = kinds.map((kind) => () => kind.wrapper(reference));
      return {
        type,
        wrap: (dataKey, options = {}) =>
          first(
            makers.map((make) => async () => make().wrap(dataKey, options)),
            options.signal,
          ),
      };
    },
    source(): KeySource {
      const sources = kinds.map((kind) => kind.source());
      return {
        type,
        unwrap: (key, options = {}) =>
          first(
            sources.map((source) => () => source.unwrap(key, options)),
            options.signal,
          ),
        describe: () => sources.map((source) => source.describe()).join(", then "),
      };
    },
  };
}

/** The first result that is not undefined. */
async function first<Result>(
  tries: readonly (() => Promise<Result>)[],
  signal: AbortSignal | undefined,
): Promise<Result> {
  const errors: unknown[] = [];
  let result: Result | undefined;
  for (const attempt of tries) {
    try {
      result = await attempt();
      if (result !== undefined) return result;
    } catch (error) {
      signal?.throwIfAborted();
      errors.push(error);
    }
  }
  if (errors.length === 0) return result as Result;
  if (errors.length === 1 || !errors.every((error) => error instanceof SopsError)) throw errors[0];
  const messages = errors.map((error) => (error as SopsError).message);
  throw new SopsError((errors[0] as SopsError).code, messages.join(" Then: "), { cause: new AggregateError(errors) });
}
