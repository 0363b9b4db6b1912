/** Browsers and Workers trust the certificates that they trust. */
import type { CreateTlsFetch } from "./tls-settings.js";

/** There is none. */
export const createTlsFetch: CreateTlsFetch | undefined = undefined;
