/** The failures that every service over HTTP can have, made to happen for one kind of key. */
import type { ServerResponse } from "node:http";
import type { KeyOptions, SopsError } from "@isosops/core";
import type { HttpOptions } from "@isosops/keys/gcp";
import { expect, test } from "vitest";
import { type FakeService, json, type Request } from "./fake-service.js";

/** A kind of key, and the fake service that it asks. */
export interface ServiceUnderTest<Options extends HttpOptions, Asked = Options> {
  /** In messages: `Cloud KMS`. */
  readonly name: string;
  /** Starts the fake service, with two attempts. Returns what the other methods ask it with. */
  start(answer: (request: Request, response: ServerResponse, count: number) => void, options?: Options): Promise<Asked>;
  /** The one that was started. */
  service(): FakeService;
  /** Of both directions. */
  errorsOf(asked: Asked): Promise<SopsError[]>;
  wrap(asked: Asked, keyOptions?: KeyOptions): Promise<unknown>;
  unwrap(asked: Asked): Promise<unknown>;
  readonly dataKey: Uint8Array;
  /** A response with `dataKey`. */
  readonly decrypted: object;
  /** A response whose fields are there, and are not encoded as they must be. */
  readonly malformed: object;
  /** Of each request. */
  readonly path: RegExp;
}

/** Tests with a service that is slow, gone, busy, of another protocol, or not waited for. */
export function testServiceFaults<Options extends HttpOptions, Asked>(subject: ServiceUnderTest<Options, Asked>): void {
  test.each<[string, (response: ServerResponse) => void, string, RegExp]>([
    ["is slow", () => {}, "network", new RegExp(`${subject.name} at https?:\\S+ did not answer within 0\\.2 s`)],
    ["cuts the connection", (response) => response.socket!.destroy(), "network", /the connection was closed/],
    ["answers a page", (response) => response.end("<html>Log in</html>"), "service", /does not fit the request/],
    ["answers null", (response) => json(response, 200, null), "service", /does not fit the request/],
    ["answers another object", (response) => json(response, 200, { a: 1 }), "service", /does not fit the request/],
    [
      "answers what is not encoded",
      (response) => json(response, 200, subject.malformed),
      "service",
      /does not fit the request/,
    ],
    [
      "redirects",
      (response) => response.writeHead(307, { location: "/elsewhere" }).end(),
      "service",
      /(?:rejected the request|refers to another server) \(HTTP status 307\)/,
    ],
  ])("%s", async (_, answer, code, message) => {
    const asked = await subject.start((_request, response) => answer(response), { timeout: 200 } as Options);
    for (const error of await subject.errorsOf(asked)) {
      expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
    }
    const paths = subject.service().requests.map(({ path }) => path);
    expect(paths).not.toEqual([]);
    expect(paths.filter((path) => !subject.path.test(path))).toEqual([]);
  });

  test("is not there", async () => {
    const asked = await subject.start(() => {});
    await subject.service().stop();
    for (const error of await subject.errorsOf(asked)) {
      expect(error).toMatchObject({ code: "network", message: expect.stringMatching(/the connection was refused/) });
    }
  });

  test.each([429, 503])("asks by %i to come back later is asked again", async (status) => {
    const asked = await subject.start((_, response, count) =>
      count === 1 ? json(response, status, {}, { "retry-after": "0" }) : json(response, 200, subject.decrypted),
    );
    expect(await subject.unwrap(asked)).toEqual(subject.dataKey);
    expect(subject.service().requests).toHaveLength(2);
  });

  test("is left by a signal", async () => {
    const controller = new AbortController();
    const asked = await subject.start(() => controller.abort(new Error("enough")));
    await expect(subject.wrap(asked, { signal: controller.signal })).rejects.toThrow("enough");
    expect(subject.service().requests).toHaveLength(1);
  });
}

/**
 * Tests with given credentials that cannot be sent.
 *
 * @param cases - What is wrong, and the options that have it.
 */
export function testWrongCredentials<Options extends HttpOptions, Asked>(
  subject: ServiceUnderTest<Options, Asked>,
  cases: readonly (readonly [what: string, options: Options])[],
): void {
  test.each(cases)("%s are told", async (_, options) => {
    const asked = await subject.start(() => {}, options);
    for (const error of await subject.errorsOf(asked)) {
      expect(error).toMatchObject({ code: "credentials", message: expect.stringMatching(/Is a variable unset/) });
    }
    expect(subject.service().requests).toEqual([]);
  });
}
