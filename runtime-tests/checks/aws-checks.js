/** AWS KMS, asked by the `fetch` and Web Crypto of the runtime; what it answers is given by the checks. */
import { awsKms, awsKmsSource } from "@isosops/keys/aws";
import { decrypt, encrypt } from "isosops";
import { flipped } from "./flipped.js";

const arn = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const credentials = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "secret", sessionToken: "token" };
const form =
  /^AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE\/\d{8}\/eu-west-1\/kms\/aws4_request, SignedHeaders=host;x-amz-date;x-amz-security-token;x-amz-target, Signature=[0-9a-f]{64}$/;

/** Answers as AWS KMS does, by a trivial cipher; every second request is throttled. */
function createKms() {
  let count = 0;
  return async (url, { method, headers, body }) => {
    const sent = new Headers(headers);
    if (String(url) !== "https://kms.eu-west-1.amazonaws.com/" || method !== "POST") throw new Error(`asked ${url}`);
    if (!form.test(sent.get("authorization"))) throw new Error(`signed by ${sent.get("authorization")}`);
    count++;
    if (count % 2 === 1) {
      const busy = JSON.stringify({ __type: "ThrottlingException", message: "Rate exceeded" });
      return new Response(busy, { status: 400, headers: { "retry-after": "0" } });
    }
    const { KeyId, Plaintext, CiphertextBlob, EncryptionContext } = JSON.parse(body);
    if (KeyId !== arn || EncryptionContext?.Env !== "prod") return new Response("{}", { status: 400 });
    const isEncryption = sent.get("x-amz-target") === "TrentService.Encrypt";
    return new Response(
      JSON.stringify(isEncryption ? { CiphertextBlob: flipped(Plaintext) } : { Plaintext: flipped(CiphertextBlob) }),
    );
  };
}

/** @returns {[string, () => Promise<void>][]} */
export function listAwsChecks() {
  return [
    [
      "AWS KMS: a file is encrypted and decrypted",
      async () => {
        const options = { credentials, fetch: createKms() };
        const key = awsKms(arn, { ...options, context: { Env: "prod" } });
        const { text } = await encrypt("a: one\n", { format: "yaml", keys: [key] });
        const { data } = await decrypt(text, { format: "yaml", keySources: [awsKmsSource(options)] });
        if (data.a !== "one") throw new Error("it has another value");
      },
    ],
    [
      "AWS KMS: a signal ends a request",
      async () => {
        const controller = new AbortController();
        const fetch = (_, { signal }) => {
          setTimeout(() => controller.abort(new Error("enough")), 10);
          return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
        };
        const key = awsKms(arn, { credentials, fetch });
        const { signal } = controller;
        const error = await encrypt("a: one\n", { format: "yaml", keys: [key], signal }).catch((thrown) => thrown);
        if (error.message !== "enough") throw error;
      },
    ],
    [
      "AWS KMS: a service that does not answer is given up",
      async () => {
        const fetch = (_, { signal }) =>
          new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
        const key = awsKms(arn, { credentials, fetch, timeout: 20, attempts: 1 });
        const error = await encrypt("a: one\n", { format: "yaml", keys: [key] }).catch((thrown) => thrown);
        if (error.code !== "network") throw error;
      },
    ],
  ];
}
