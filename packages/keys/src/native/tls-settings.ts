/** The certificates of connections, in PEM. What is undefined is as it is otherwise. */
export interface TlsSettings {
  /** The authorities that are trusted. */
  readonly ca: string | undefined;
  /** The certificate that is shown to the server. */
  readonly cert: string | undefined;
  /** Its private key. */
  readonly key: string | undefined;
  /** The name that is asked for and that the certificate of the server must have. */
  readonly servername: string | undefined;
  /** False if the certificate of the server is not checked. */
  readonly rejectUnauthorized: boolean | undefined;
}

/** Makes a `fetch` with certificates of its own, in place of those of the system. */
export type CreateTlsFetch = (settings: TlsSettings) => typeof fetch;
