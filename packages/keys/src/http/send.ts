import { type ErrorCode, SopsError } from "@isosops/core";
import { delayBefore, sleep } from "./backoff.js";

/** Options of requests to a service. */
export interface HttpOptions {
  /** Replaces the runtime's `fetch`. */
  readonly fetch?: typeof fetch | undefined;
  /** The most milliseconds that an attempt may take, including the response body. Default: 10,000. */
  readonly timeout?: number | undefined;
  /**
   * The most attempts, if the service does not answer, throttles, or fails with an internal error. Default: 3.
   */
  readonly attempts?: number | undefined;
}

/** A request to a service. */
export interface HttpRequest {
  readonly method: "GET" | "POST" | "PUT";
  readonly url: string;
  readonly headers: HeadersInit;
  readonly body?: string | undefined;
}

/** The response of a service, with any status. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** UTF-8. */
  readonly text: string;
}

/** Options of a single request. */
export interface SendOptions extends HttpOptions {
  /** The service in messages: `AWS KMS`. */
  readonly service: string;
  readonly signal?: AbortSignal | undefined;
  /** Whether a response other than 429 and 5xx asks to try again later. */
  readonly isBusy?: ((answer: HttpAnswer) => boolean) | undefined;
}

const defaultTimeout = 10_000;
const defaultAttempts = 3;

/** The most bytes of a response. Those of key services have a few hundred. */
const mostBytes = 1 << 20;

/**
 * Sends a request, with retries, and returns the last response. Redirects are not followed: a request is signed for one
 * host only.
 *
 * @param prepare - Creates the request, for each attempt.
 * @throws {SopsError} `network` if the service cannot be reached or does not answer in time; `service` if its response is
 * too long or not text. After an abort, the reason of `signal`.
 */
export async function send(
  prepare: () => HttpRequest | Promise<HttpRequest>,
  options: SendOptions,
): Promise<HttpAnswer> {
  const { attempts = defaultAttempts, signal, isBusy } = options;
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    const request = await prepare();
    checkRequest(request, options.service);
    let wanted: number | undefined;
    try {
      const answer = await attemptOnce(request, options);
      const isFailure = answer.status === 429 || answer.status >= 500 || isBusy?.(answer) === true;
      if (!isFailure || attempt >= attempts) return answer;
      wanted = secondsToWait(answer);
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof SopsError) || error.code !== "network" || attempt >= attempts) throw error;
    }
    await sleep(delayBefore(attempt + 1, wanted), signal);
  }
}

/** Checks what `fetch` would reject with an error that shows the secrets of the request. */
function checkRequest({ url, headers }: HttpRequest, service: string): void {
  const { username, password } = URL.canParse(url) ? new URL(url) : { username: "?", password: "" };
  if (username !== "" || password !== "") {
    throw failure(
      "invalid_option",
      `the address set for ${service} is not a URL, or has a user name`,
      "Correct the variable, the option or the file that it is from",
    );
  }
  try {
    new Headers(headers);
  } catch {
    throw failure(
      "credentials",
      `${service} was not asked: its token, or another header of the request, has characters that no header can have, such as line breaks`,
      "Copy it again",
    );
  }
}

async function attemptOnce(request: HttpRequest, options: SendOptions): Promise<HttpAnswer> {
  const { service, timeout = defaultTimeout, signal } = options;
  const { fetch: ask = globalThis.fetch } = options;
  const { method, url, headers, body } = request;
  // Unlike that of `AbortSignal.timeout`, this timer keeps Node running.
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), timeout);
  const ended = signal === undefined ? late.signal : AbortSignal.any([late.signal, signal]);
  try {
    const response = await ask(url, {
      method,
      headers,
      redirect: "manual",
      signal: ended,
      ...(body === undefined ? {} : { body }),
    });
    const text = await readText(response, service);
    return { status: response.status, headers: response.headers, text };
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof SopsError) throw error;
    const { origin, hostname } = new URL(url);
    if (late.signal.aborted) {
      throw failure(
        "network",
        `${service} at ${origin} did not answer within ${timeout / 1000} s`,
        "Check the network, or raise the timeout",
      );
    }
    const [what, remedy] = explain(error, hostname);
    throw failure("network", `${service} at ${origin} could not be reached: ${what}`, remedy);
  } finally {
    clearTimeout(timer);
  }
}

async function readText(response: Response, service: string): Promise<string> {
  const reader = response.body?.getReader();
  if (reader === undefined) return "";
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let length = 0;
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    try {
      if (done) return text + decoder.decode();
      text += decoder.decode(value, { stream: true });
    } catch {
      await reader.cancel();
      throw failure("service", `${service} sent a response that is not text`, checkEndpoint);
    }
    length += value.length;
    if (length > mostBytes) {
      await reader.cancel();
      throw failure("service", `${service} sent a response of more than ${mostBytes} bytes`, checkEndpoint);
    }
  }
}

/** The remedy for unexpected responses. */
export const checkEndpoint = "Check the endpoint, and any proxy in between";

/** Creates an error of two sentences: what happened, and what to do. Both are given without a full stop. */
export function failure(code: ErrorCode, what: string, remedy: string): SopsError {
  return new SopsError(code, `${what}. ${remedy}.`);
}

/** Codes of Node, Deno and Bun. Browsers and Workers give no reason. */
const causes: readonly (readonly [code: RegExp, what: (host: string) => string, remedy: string])[] = [
  [
    /ENOTFOUND|EAI_AGAIN|dns error|FailedToOpenSocket/i,
    (host) => `the host ${host} is not known`,
    "Check the network and the region",
  ],
  [/ECONNREFUSED|ConnectionRefused|connection refused/i, () => "the connection was refused", "Check the endpoint"],
  [
    /CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS|certificate/i,
    () => "its certificate is not trusted",
    "Check for a proxy in between, and the certificates that this machine trusts",
  ],
  [
    /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|wrong version number|InvalidContentType|EPROTO/,
    () => "it does not speak TLS there",
    "Check the endpoint: its port, and whether http:// is meant",
  ],
  [
    /ECONNRESET|UND_ERR_SOCKET|EPIPE|ConnectionClosed|connection (?:closed|reset|error)/i,
    () => "the connection was closed",
    "Check the network, and try again",
  ],
];

function explain(error: unknown, host: string): [what: string, remedy: string] {
  const told: string[] = [];
  for (let cause: unknown = error; cause instanceof Error && told.length < 8; cause = cause.cause) {
    told.push(String((cause as { code?: unknown }).code ?? ""), cause.message);
    if (cause instanceof AggregateError && cause.errors.length > 0) {
      told.push(String((cause.errors[0] as { code?: unknown }).code ?? ""));
    }
  }
  const text = told.join(" ");
  const known = causes.find(([code]) => code.test(text));
  if (known !== undefined) return [known[1](host), known[2]];
  return ["the runtime gives no reason", "Check the network; in a browser, the service must allow the page (CORS)"];
}

/** `Retry-After`, in seconds. Undefined if it is missing. */
function secondsToWait({ headers }: HttpAnswer): number | undefined {
  const written = headers.get("retry-after") ?? "";
  return /^\d+$/.test(written) ? Number(written) : undefined;
}
