/** Browsers and Workers. */
import type { Platform } from "./platform.js";

/** There is none that could be asked. */
export const platform: Platform | undefined = undefined;
