import type { KeyKind, MasterKey } from "@isosops/core";

/** What {@link plainKind} has done. */
export interface Requests {
  /** The IDs of the keys that a data key was wrapped for. */
  readonly wrapped: string[];
  readonly unwrapped: string[];
}

/** Keys of AWS KMS in all but the encryption: the data key stands in the file as it is. Those named `broken` fail. */
export function plainKind(requests: Requests = { wrapped: [], unwrapped: [] }): KeyKind {
  return {
    type: "kms",
    wrapper: ({ id, context }) => ({
      type: "kms",
      async wrap(dataKey) {
        requests.wrapped.push(id);
        if (id.includes("broken")) throw new Error(`${id} does not work`);
        const fields: MasterKey["fields"] = new Map<string, string | Map<string, string>>([
          ["arn", id],
          ["created_at", "2026-11-28T12:00:00Z"],
          ["enc", Buffer.from(dataKey).toString("hex")],
          ...(context === undefined ? [] : [["context", new Map(Object.entries(context))] as const]),
        ]);
        return [{ type: "kms", fields }];
      },
    }),
    source: () => ({
      type: "kms",
      async unwrap({ fields }) {
        requests.unwrapped.push(fields.get("arn") as string);
        return new Uint8Array(Buffer.from(fields.get("enc") as string, "hex"));
      },
      describe: () => "plain",
    }),
  };
}
