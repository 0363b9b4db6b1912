import type { KeyringState } from "./state.js";

/** Storage of a keyring: a file, the memory of a server, a vault service. */
export interface KeyringStorage {
  /** Returns the keyring; undefined if there is none yet. */
  read(): Promise<KeyringState | undefined>;
  /**
   * Replaces the keyring by the result of `change`, atomically: other processes see all of it or nothing, also after a
   * crash. If `change` throws, nothing changes. It has no side effects, because it may be called again if somebody else
   * was faster.
   */
  update(change: (state: KeyringState | undefined) => KeyringState): Promise<KeyringState>;
  /** The name of this process in leases. */
  readonly owner: string;
  /** Whether the owner of a lease may still run; true if unknown. */
  mayRun(owner: string): Promise<boolean>;
}

/** Keeps a keyring in memory, for tests and servers. */
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
