/** Browsers and Workers. */
import type { GpgMachine } from "./machine.js";

/** They start no programs. */
export const machine: GpgMachine | undefined = undefined;
