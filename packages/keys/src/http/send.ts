import { type ErrorCode, SopsError } from "@isosops/core";
import { delayBefore, sleep } from "./backoff.js";

/** How services are asked. */
export interface HttpOptions {
  /** In place of the `fetch` of the runtime. */
  readonly fetch?: typeof fetch | undefined;
  /** Milliseconds that one attempt may take until the whole answer is there; 10,000 if left out. */
  readonly timeout?: number | undefined;
  /**
   * How many times a request is sent where the service does not answer, asks to come back later, or has a failure of its
   * own; 3 if left out.
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

/** What a service has answered, whatever its status. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** UTF-8. */
  readonly text: string;
}

/** How one request is sent. */
export interface SendOptions extends HttpOptions {
  /** The service in messages: `AWS KMS`. */
  readonly service: string;
  readonly signal?: AbortSignal | undefined;
  /** What also asks to come back later, beside 429 and the failures of servers. */
  readonly isBusy?: ((answer: HttpAnswer) => boolean) | undefined;
}

const defaultTimeout = 10_000;
const defaultAttempts = 3;

/** Bytes of an answer: those of key services are a few hundred. */
const mostBytes = 1 << 20;

/**
 * Send a request, again where that may help, and give the last answer. Redirections are not followed: what was signed for
 * one place is not for another.
 *
 * @param prepare makes the request, for each attempt
 * @throws {SopsError} `network` if the service cannot be reached or does not answer in time, `service` if its answer is too
 *   long or no text; the reason of `signal` if that ends it
 */
export async function send(
  prepare: () => HttpRequest | Promise<HttpRequest>,
  options: SendOptions,
): Promise<HttpAnswer> {
  const { attempts = defaultAttempts, signal, isBusy } = options;
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    const request = await prepare();
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

async function attemptOnce(request: HttpRequest, options: SendOptions): Promise<HttpAnswer> {
  const { service, timeout = defaultTimeout, signal } = options;
  const { fetch: ask = globalThis.fetch } = options;
  const { method, url, headers, body } = request;
  // A timer that Node waits for, unlike that of `AbortSignal.timeout`.
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
        `${service} at ${origin} has not answered within ${timeout / 1000} s`,
        "Check the network, or give it more time",
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
      throw failure("service", `${service} has answered what is no text`, checkEndpoint);
    }
    length += value.length;
    if (length > mostBytes) {
      await reader.cancel();
      throw failure("service", `${service} has answered more than ${mostBytes} bytes`, checkEndpoint);
    }
  }
}

/** What to do where a service does not answer as it should. */
export const checkEndpoint = "Check its endpoint, and what stands between";

/** An error about a service: what has happened, a full stop, and what to do. */
export function failure(code: ErrorCode, what: string, remedy: string): SopsError {
  return new SopsError(code, `${what}. ${remedy}.`);
}

/** The codes of Node, Deno and Bun. Browsers and Workers do not tell why. */
const causes: readonly (readonly [code: RegExp, what: (host: string) => string, remedy: string])[] = [
  [
    /ENOTFOUND|EAI_AGAIN|dns error|FailedToOpenSocket/i,
    (host) => `the name ${host} is not known`,
    "Check the network and the region",
  ],
  [/ECONNREFUSED|ConnectionRefused|connection refused/i, () => "nobody listens there", "Check the endpoint"],
  [
    /CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS|certificate/i,
    () => "its certificate is not trusted",
    "Check what stands between, such as a proxy, and the certificates that this machine trusts",
  ],
  [
    /ECONNRESET|UND_ERR_SOCKET|EPIPE|ConnectionClosed|connection (?:closed|reset|error)/i,
    () => "the connection was cut",
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
  return ["the runtime does not say why", "Check the network; in a browser, the service must allow the page (CORS)"];
}

/** `Retry-After` in seconds, undefined if there is none. */
function secondsToWait({ headers }: HttpAnswer): number | undefined {
  const written = headers.get("retry-after") ?? "";
  return /^\d+$/.test(written) ? Number(written) : undefined;
}
