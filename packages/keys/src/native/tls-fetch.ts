/** `fetch` with certificates of its own, which that of Node, Deno and Bun takes in three ways, or not at all. */
import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { Readable } from "node:stream";
import type { CreateTlsFetch } from "./tls-settings.js";

/** As much of `fetch` as services are asked with: a URL, a method, headers, a text, a signal, and no redirection. */
export const createTlsFetch: CreateTlsFetch | undefined =
  (settings) =>
  async (url, { method = "GET", headers, body, signal } = {}) => {
    const target = new URL(String(url));
    const options = {
      ...settings,
      method,
      headers: Object.fromEntries(new Headers(headers)),
      signal: signal ?? undefined,
      agent: false,
    };
    return new Promise<Response>((resolve, reject) => {
      const isTls = target.protocol === "https:";
      const request = isTls ? requestHttps(target, options) : requestHttp(target, options);
      request.on("error", reject);
      request.once("response", (answer) => {
        const status = answer.statusCode ?? 0;
        const hasBody = status !== 204 && status !== 205 && status !== 304;
        // `Response` knows no other statuses, and an error that is thrown here would end the process.
        if (status < 200 || status > 599) {
          request.destroy(new Error("the status of the response is not one of HTTP"));
          return;
        }
        if (!hasBody) answer.on("error", () => {}).resume();
        const given = Object.entries(answer.headers).map(([name, value]): [string, string] => [name, String(value)]);
        resolve(new Response(hasBody ? (Readable.toWeb(answer) as ReadableStream) : null, { status, headers: given }));
      });
      request.end(typeof body === "string" ? body : undefined);
    });
  };
