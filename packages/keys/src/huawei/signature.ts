import { hex } from "@scure/base";
import type { HuaweiCredentials } from "./credentials.js";

const algorithm = "SDK-HMAC-SHA256";

/** The signed parts of a request. */
export interface SignedParts {
  readonly method: string;
  /** The path has no characters that need an escape. */
  readonly url: string;
  /** Among them `x-sdk-date`, as `20060102T150405Z`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * Creates the header `authorization` of a request (API Request Signing Guide of Huawei Cloud; huaweicloud-sdk-go-v3,
 * `core/auth/signer/signer.go`).
 */
export async function sign(
  { method, url, headers, body }: SignedParts,
  { accessKey, secretKey }: Pick<HuaweiCredentials, "accessKey" | "secretKey">,
): Promise<string> {
  const { pathname, searchParams } = new URL(url);
  const signed = Object.entries(headers)
    .map(([name, value]) => [name.toLowerCase(), value.trim()] as const)
    .sort(([one], [other]) => (one < other ? -1 : 1));
  const names = signed.map(([name]) => name).join(";");
  searchParams.sort();
  const canonical = [
    method,
    pathname.endsWith("/") ? pathname : `${pathname}/`,
    Array.from(searchParams, (pair) => pair.map(percentEncode).join("=")).join("&"),
    ...signed.map((header) => header.join(":")),
    "",
    names,
    await sha256(body),
  ];
  const date = signed.find(([name]) => name === "x-sdk-date")?.[1] ?? "";
  const signature = await hmac(secretKey, [algorithm, date, await sha256(canonical.join("\n"))].join("\n"));
  return `${algorithm} Access=${accessKey}, SignedHeaders=${names}, Signature=${signature}`;
}

/** Escapes all but the unreserved characters (RFC 3986, section 2.3). */
function percentEncode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

async function sha256(text: string): Promise<string> {
  return hex.encode(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))));
}

async function hmac(secret: string, text: string): Promise<string> {
  const encoder = new TextEncoder();
  const hmacKey = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", encoder.encode(secret), hmacKey, false, ["sign"]);
  return hex.encode(new Uint8Array(await crypto.subtle.sign("HMAC", key, encoder.encode(text))));
}
