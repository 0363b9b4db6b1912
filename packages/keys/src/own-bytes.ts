/**
 * Bytes in an `ArrayBuffer`, not a shared one: `Uint8Array<ArrayBuffer>`, in words that compilers before TypeScript 5.7 know,
 * too. They read our declarations.
 */
export type OwnBytes = ReturnType<Uint8Array["slice"]>;
