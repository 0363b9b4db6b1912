import { HttpError } from "./http-error.js";

/**
 * Creates a check of the bearer token of requests (RFC 6750). It takes constant time: digests are compared, all of
 * their bytes.
 */
export function tokenCheck(token: string): (request: Request) => Promise<void> {
  const expected = digest(token);
  return async (request) => {
    const [, given] = /^Bearer +(\S+) *$/i.exec(request.headers.get("authorization") ?? "") ?? [];
    const isRight = isEqual(await digest(given ?? ""), await expected);
    if (given !== undefined && isRight) return;
    throw new HttpError(401, "Give the server's token in the header `Authorization: Bearer TOKEN`.", {
      "www-authenticate": 'Bearer realm="isosops"',
    });
  };
}

async function digest(text: string): Promise<Uint8Array> {
  return new Uint8Array(await globalThis.crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  let difference = 0;
  for (let index = 0; index < a.length; index++) difference |= a[index]! ^ b[index]!;
  return difference === 0;
}
