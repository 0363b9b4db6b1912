import type { KeyringState } from "./state.js";

/** Where a keyring is kept: a file, the memory of a server, a vault service. */
export interface KeyringStorage {
  /** What is kept now; undefined if there is nothing yet. */
  read(): Promise<KeyringState | undefined>;
  /**
   * Replace what is kept by what `change` makes of it, as one step that no other process sees half of and that a crash
   * leaves done or not done. `change` may throw, and then nothing changes; it has no effects of its own, since it may
   * be called again where somebody else was faster.
   */
  update(change: (state: KeyringState | undefined) => KeyringState): Promise<KeyringState>;
  /** Who this process is, for leases. */
  readonly owner: string;
  /** Whether the owner of a lease may still be at work; true if that cannot be told. */
  mayRun(owner: string): Promise<boolean>;
}

/** A keyring in the memory of this process, for tests and servers. */
export function memoryStorage(initial?: KeyringState): KeyringStorage {
  let state = initial;
  return {
    owner: "this process",
    read: async () => state,
    async update(change) {
      state = change(state);
      return state;
    },
    mayRun: async () => true,
  };
}
