/** Browsers and Workers have no HTTP/2 of their own to speak. */
import type { Rpc } from "./rpc.js";

/** There is none. */
export const rpc: Rpc | undefined = undefined;
