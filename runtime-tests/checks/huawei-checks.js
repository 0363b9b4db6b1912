/** HuaweiCloud KMS, asked by the `fetch` and Web Crypto of the runtime; what it answers is given by the checks. */
import { huaweiKms, huaweiKmsSource } from "@isosops/keys/huawei";
import { decrypt, encrypt } from "isosops";
import { flipped } from "./flipped.js";

const id = "cn-north-4:0d0466b0-e727-4d9c-b35d-f84bb474a37f";
const credentials = { accessKey: "AK", secretKey: "secret", securityToken: "token" };
const form =
  /^SDK-HMAC-SHA256 Access=AK, SignedHeaders=host;x-project-id;x-sdk-date;x-security-token, Signature=[0-9a-f]{64}$/;

/** Answers as IAM and KMS do, by a trivial cipher; every second request to KMS is throttled. */
function createCloud() {
  let count = 0;
  return async (url, { headers, body }) => {
    const sent = new Headers(headers);
    if (url === "https://iam.cn-north-4.myhuaweicloud.com/v3/projects?name=cn-north-4") {
      return Response.json({ projects: [{ id: "project" }] });
    }
    if (!form.test(sent.get("authorization"))) throw new Error(`signed by ${sent.get("authorization")}`);
    count++;
    if (count % 2 === 1) return Response.json({}, { status: 429, headers: { "retry-after": "0" } });
    const { plain_text, cipher_text } = JSON.parse(body);
    const kms = "https://kms.cn-north-4.myhuaweicloud.com/v1.0/project/kms";
    if (url === `${kms}/encrypt-data`) return Response.json({ cipher_text: flipped(plain_text) });
    if (url === `${kms}/decrypt-data`) return Response.json({ plain_text: flipped(cipher_text) });
    throw new Error(`asked ${url}`);
  };
}

/** @returns {[string, () => Promise<void>][]} */
export function listHuaweiChecks() {
  return [
    [
      "HuaweiCloud KMS: a file is encrypted and decrypted",
      async () => {
        const options = { credentials, fetch: createCloud(), endpoint: () => undefined };
        const { text } = await encrypt("a: one\n", { format: "yaml", keys: [huaweiKms(id, options)] });
        const { data } = await decrypt(text, { format: "yaml", keySources: [huaweiKmsSource(options)] });
        if (data.a !== "one") throw new Error("it has another value");
      },
    ],
  ];
}
