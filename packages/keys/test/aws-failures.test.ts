/** What goes wrong with AWS KMS, made to happen: each error says which key, what was said, and what to do, and no secret. */
import type { ServerResponse } from "node:http";
import type { KeySource, MasterKey, SopsError } from "@isosops/core";
import { type AwsOptions, awsKms, awsKmsSource } from "@isosops/keys/aws";
import { age, decrypt, encrypt, generateIdentity } from "isosops";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Account, noAccount, openAccount } from "./aws-account.js";
import { errorOf as errorWithout } from "./error-of.js";
import { type FakeService, json, type Request, serve } from "./fake-service.js";
import { type ServiceUnderTest, testServiceFaults } from "./service-faults.js";

const arn = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555";
const credentials = {
  accessKeyId: "AKIAEXAMPLE",
  secretAccessKey: "SeCrEtAcCeSsKeY+example/1",
  sessionToken: "SeSsIoNtOkEn+example/2",
  source: "a test",
};
const dataKey = new Uint8Array(32).fill(0xa5);
const dataKeyText = Buffer.from(dataKey).toString("base64");
const wrapped = "d3JhcHBlZA==";

let service: FakeService | undefined;
afterEach(async () => {
  await service?.stop();
  service = undefined;
});

async function withService(
  answer: (request: Request, response: ServerResponse, count: number) => void,
  options: AwsOptions = {},
): Promise<AwsOptions> {
  service = await serve(answer);
  return { credentials, endpoint: service.url, timeout: 1000, attempts: 2, ...options };
}

function masterKey(fields: Record<string, string> = {}): MasterKey {
  return { type: "kms", fields: new Map(Object.entries({ arn, enc: wrapped, ...fields })) };
}

const ownSecrets = [credentials.secretAccessKey, credentials.sessionToken, dataKeyText];
const errorOf = (promise: Promise<unknown>, secrets: readonly string[] = []) =>
  errorWithout(promise, [...ownSecrets, ...secrets]);

/** Of both directions. */
async function errorsOf(options: AwsOptions): Promise<SopsError[]> {
  return [await errorOf(awsKms(arn, options).wrap(dataKey)), await errorOf(awsKmsSource(options).unwrap(masterKey()))];
}

const subject: ServiceUnderTest<AwsOptions> = {
  name: "AWS KMS",
  start: withService,
  service: () => service!,
  errorsOf,
  wrap: (options, keyOptions) => awsKms(arn, options).wrap(dataKey, keyOptions),
  unwrap: (options) => awsKmsSource(options).unwrap(masterKey()),
  dataKey,
  decrypted: { Plaintext: dataKeyText },
  malformed: { Plaintext: "%%%", CiphertextBlob: "%%%" },
  path: /^\/$/,
};

describe("an error that AWS KMS answers", () => {
  // Names and texts as the API reference of AWS KMS and the AWS SDKs have them.
  const answers: [name: string, status: number, message: string, code: string, remedy: RegExp][] = [
    [
      "AccessDeniedException",
      400,
      "User: arn:aws:iam::123456789012:user/u is not authorized to perform: kms:Decrypt on resource: x because no identity-based policy allows the kms:Decrypt action",
      "permission",
      /does not allow the caller to (?:en|de)crypt with this key .*Allow `kms:(?:En|De)crypt` on the key.*\(from a test\)/,
    ],
    [
      "UnrecognizedClientException",
      400,
      "The security token included in the request is invalid.",
      "credentials",
      /Check them/,
    ],
    [
      "ExpiredTokenException",
      400,
      "The security token included in the request is expired",
      "credentials",
      /Get new ones/,
    ],
    [
      "InvalidSignatureException",
      400,
      "The request signature we calculated does not match",
      "credentials",
      /Check them/,
    ],
    [
      "NotFoundException",
      400,
      `Key '${arn}' does not exist`,
      "key_not_found",
      /in us-east-1 has no such key.*its region/,
    ],
    ["DisabledException", 400, `${arn} is disabled.`, "key_disabled", /Enable it/],
    ["KMSInvalidStateException", 400, `${arn} is pending deletion.`, "key_disabled", /cancel its deletion/],
    ["InvalidKeyUsageException", 400, "", "key_disabled", /symmetric key/],
    ["InvalidCiphertextException", 400, "", "data_key", /damaged.*another encryption context/],
    ["IncorrectKeyException", 400, "The key ID in the request does not identify a CMK", "data_key", /another key/],
    ["ThrottlingException", 400, "Rate exceeded", "unavailable", /at every attempt.*Try again later/],
    ["KMSInternalException", 500, "", "unavailable", /Try again/],
    ["DependencyTimeoutException", 500, "", "unavailable", /Try again/],
    ["ValidationException", 400, "1 validation error detected", "service", /rejected the request/],
  ];

  test.each(answers)("%s", async (name, status, message, code, remedy) => {
    const types = [name, `com.amazonaws.kms#${name}`];
    const options = await withService((_, response, count) =>
      json(response, status, { __type: types[count % 2], ...(count % 2 === 0 ? { message } : { Message: message }) }),
    );
    for (const error of await errorsOf(options)) {
      expect(error).toMatchObject({ name: "SopsError", code });
      expect(error.message).toMatch(/^AWS KMS key arn:aws:kms:us-east-1:123456789012:key\/1111.*: /);
      expect(error.message).toContain(`(${name}${message === "" ? "" : `: ${message.replace(/\.$/, "")}`})`);
      expect(error.message).toMatch(remedy);
    }
  });

  test("in a header, without a body", async () => {
    const options = await withService((_, response) => {
      response.writeHead(400, { "x-amzn-errortype": "DisabledException:http://internal.amazon.com/coral/" });
      response.end();
    });
    for (const error of await errorsOf(options)) expect(error.code).toBe("key_disabled");
  });

  test("that repeats the request, secrets and all, is cut and masked", async () => {
    const { secretAccessKey, sessionToken } = credentials;
    const answers = [
      `The request signature does not match.\n\nThe Canonical String for this request should have been\n'POST\nx-amz-security-token:${sessionToken}'`,
      `you have sent ${dataKeyText} with ${sessionToken} and ${secretAccessKey}\u001b[2J`,
    ];
    const options = await withService((_, response, count) =>
      json(response, 400, { __type: "InvalidSignatureException", message: answers[count % 2] }),
    );
    const [first, second] = await Promise.all([
      errorOf(awsKms(arn, options).wrap(dataKey)),
      errorOf(awsKms(arn, options).wrap(dataKey)),
    ]);
    const messages = [first!.message, second!.message].sort();
    expect(messages.join()).toContain("(InvalidSignatureException: The request signature does not match)");
    expect(messages.join()).toContain("you have sent *** with *** and *** [2J");
    expect(messages.join()).not.toContain("Canonical");
  });
});

describe("a service that", () => testServiceFaults(subject));

describe("a service that has trouble", () => {
  const answer = { KeyId: arn, CiphertextBlob: wrapped, Plaintext: dataKeyText };

  test("is asked again when it throttles or fails, and what it says then counts", async () => {
    const options = await withService(
      (_, response, count) => {
        if (count === 1) json(response, 400, { __type: "ThrottlingException" }, { "retry-after": "0" });
        else if (count === 2) json(response, 503, {});
        else if (count === 3) response.socket!.destroy();
        else json(response, 200, answer);
      },
      { attempts: 4 },
    );
    expect(await awsKmsSource(options).unwrap(masterKey())).toEqual(dataKey);
    expect(service!.requests).toHaveLength(4);
  });

  test("is asked as often as it was said, and no more", async () => {
    const options = await withService((_, response) => json(response, 429, {}), { attempts: 3 });
    expect(await errorOf(awsKmsSource(options).unwrap(masterKey()))).toMatchObject({ code: "unavailable" });
    expect(service!.requests).toHaveLength(3);
  });

  test("is not asked again where that cannot help", async () => {
    const options = await withService((_, response) => json(response, 400, { __type: "AccessDeniedException" }));
    await errorOf(awsKmsSource(options).unwrap(masterKey()));
    expect(service!.requests).toHaveLength(1);
  });

  test("and does not answer is asked again, and given up", async () => {
    const silent = await withService(() => {}, { timeout: 100 });
    expect(await errorOf(awsKmsSource(silent).unwrap(masterKey()))).toMatchObject({ code: "network" });
    expect(service!.requests).toHaveLength(2);
  });

  test("and never ends its answer is given up", async () => {
    const trickling = await withService(
      (_, response) => {
        response.writeHead(200);
        const timer = setInterval(() => response.write(" "), 20);
        response.on("close", () => clearInterval(timer));
      },
      { timeout: 150 },
    );
    expect(await errorOf(awsKmsSource(trickling).unwrap(masterKey()))).toMatchObject({ code: "network" });
  });

  test("ends when the caller wants no more, with the caller's reason", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const options = await withService(() => controller.abort(reason), { timeout: 10_000 });
    const { signal } = controller;
    await expect(awsKmsSource(options).unwrap(masterKey(), { signal })).rejects.toBe(reason);
    expect(service!.requests).toHaveLength(1);
    const { text } = await encrypt("a: b\n", { format: "yaml", keys: [age((await generateIdentity()).recipient)] });
    const withKms = text.replace(
      "    age:\n",
      `    kms:\n        - arn: ${arn}\n          created_at: "2030-01-01T00:00:00Z"\n          enc: ${wrapped}\n          aws_profile: ""\n    age:\n`,
    );
    const keySources = [awsKmsSource(options)];
    await expect(decrypt(withKms, { format: "yaml", keySources, signal })).rejects.toBe(reason);
  });

  test("ends while it waits to ask again", async () => {
    const options = await withService((_, response) => json(response, 503, {}, { "retry-after": "15" }));
    const signal = AbortSignal.timeout(300);
    const start = Date.now();
    await expect(awsKmsSource(options).unwrap(masterKey(), { signal })).rejects.toMatchObject({
      name: "TimeoutError",
    });
    expect(Date.now() - start).toBeLessThan(5000);
  });

  test.each<[string, (response: ServerResponse) => void, RegExp]>([
    ["what is no text", (response) => response.end(Buffer.from([0xff, 0xfe, 0xfd])), /that is not text/],
    ["too much", (response) => response.end(" ".repeat(3_000_000)), /more than 1048576 bytes/],
  ])("answers garbage: %s", async (_, answer, message) => {
    const options = await withService((_request, response) => answer(response));
    for (const error of await errorsOf(options)) {
      expect(error).toMatchObject({ code: "service", message: expect.stringMatching(message) });
    }
    expect(service!.requests.every(({ path }) => path === "/")).toBe(true);
  });

  test("cuts the connection", async () => {
    const cut = await withService((_, response, count) => {
      if (count % 2 === 0) {
        response.writeHead(200, { "content-length": "100" });
        response.write("{");
      }
      setTimeout(() => response.socket!.destroy(), 20);
    });
    for (const error of await errorsOf(cut)) {
      expect(error).toMatchObject({
        code: "network",
        message: expect.stringMatching(/the connection was closed\. Check/),
      });
    }
  });

  test("has a host that is not known", async () => {
    const options = { credentials, attempts: 1, endpoint: "https://kms.no-such-region.invalid" };
    const [error] = await errorsOf(options);
    expect(error).toMatchObject({
      code: "network",
      message: expect.stringMatching(
        /the host kms\.no-such-region\.invalid is not known\. Check the network and the region/,
      ),
    });
  });
});

describe("a clock that is off", () => {
  const ahead = 3_600_000;

  /** As AWS: looks at the time of the request, and tells its own. */
  const checksTime = (tells: boolean) => (request: Request, response: ServerResponse) => {
    const [, ...parts] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(String(request.headers["x-amz-date"]))!;
    const [year, month, day, hour, minute, second] = parts.map(Number) as [
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    const sent = Date.UTC(year, month - 1, day, hour, minute, second);
    const now = Date.now() + ahead;
    const date: Record<string, string> = tells ? { date: new Date(now).toUTCString() } : {};
    if (Math.abs(now - sent) < 300_000) json(response, 200, { Plaintext: dataKeyText, CiphertextBlob: wrapped }, date);
    else {
      const message =
        "Signature expired: 20261128T100000Z is now earlier than 20261128T105500Z (20261128T110000Z - 5 min.)";
      json(response, 400, { __type: "InvalidSignatureException", message }, date);
    }
  };

  test("is corrected by the time that AWS tells, as with sops", async () => {
    const options = await withService(checksTime(true));
    expect(await awsKmsSource(options).unwrap(masterKey())).toEqual(dataKey);
    expect(service!.requests).toHaveLength(2);
  });

  test("is told, where AWS does not", async () => {
    for (const error of await errorsOf(await withService(checksTime(false)))) {
      expect(error).toMatchObject({ code: "clock", message: expect.stringMatching(/Set the clock of this machine/) });
    }
  });
});

describe("credentials", () => {
  test.each<[string, AwsOptions["credentials"], RegExp]>([
    ["that are not set", { accessKeyId: undefined, secretAccessKey: "x" } as never, /lack `accessKeyId`/],
    ["that a function does not give", () => undefined as never, /lack `accessKeyId`/],
    ["that are empty", { accessKeyId: "a", secretAccessKey: "" }, /Is a variable unset/],
  ])("%s are told", async (_, credentials, message) => {
    const options = { ...(await withService(() => {})), credentials };
    for (const error of await errorsOf(options)) {
      expect(error).toMatchObject({ code: "credentials", message: expect.stringMatching(message) });
    }
  });

  test("a function gets the profile of the file and the region of the key", async () => {
    const asked: unknown[] = [];
    const options = await withService((_, response) => json(response, 200, { Plaintext: dataKeyText }), {
      credentials: ({ profile, region }) => {
        asked.push([profile, region]);
        return credentials;
      },
    });
    await awsKmsSource(options).unwrap(masterKey({ aws_profile: "prod" }));
    await awsKmsSource(options).unwrap(masterKey({ aws_profile: "" }));
    expect(asked).toEqual([
      ["prod", "us-east-1"],
      [undefined, "us-east-1"],
    ]);
  });

  test("a role that may not be assumed is named", async () => {
    const options = await withService((_, response) => {
      response.writeHead(403, { "content-type": "text/xml" });
      response.end(
        '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>User: arn:aws:iam::1:user/u is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::1:role/r</Message></Error></ErrorResponse>',
      );
    });
    const error = await errorOf(awsKmsSource(options).unwrap(masterKey({ role: "arn:aws:iam::1:role/r" })));
    expect(error.code).toBe("permission");
    expect(error.message).toMatch(
      /^AWS KMS key \S+ \(role arn:aws:iam::1:role\/r\): AWS STS does not allow the caller to assume the role \S+ \(AccessDenied: .*\)\. Allow `sts:AssumeRole` on the role/,
    );
  });
});

test.each([
  ["no ARN", "alias/sops"],
  ["of another service", "arn:aws:s3:us-east-1:123456789012:key/1"],
  ["without an account", "arn:aws:kms:us-east-1::key/1"],
  ["another host", "arn:aws:kms:evil.example/#:123456789012:key/1"],
])("a name that is %s is refused before anything is asked", async (_, name) => {
  expect(() => awsKms(name)).toThrow(expect.objectContaining({ code: "invalid_key" }));
  const fetch = () => expect.unreachable("something was asked");
  const source = awsKmsSource({ credentials, fetch });
  await expect(source.unwrap(masterKey({ arn: name }))).rejects.toMatchObject({ code: "invalid_key" });
});

test.each<[string, Record<string, string>]>([
  ["no wrapped data key", { enc: "" }],
  ["one that is not base64", { enc: "!" }],
])("an entry with %s is damaged", async (_, fields) => {
  const source = awsKmsSource({ credentials, fetch: () => expect.unreachable("something was asked") });
  await expect(source.unwrap(masterKey(fields))).rejects.toMatchObject({ code: "data_key" });
});

describe.skipIf(noAccount !== undefined)("in an account of moto", () => {
  let account: Account;
  let text: string;
  beforeAll(async () => {
    account = await openAccount();
    const keys = [awsKms(account.key, { credentials: account.user, endpoint: account.url })];
    text = (await encrypt("a: b\n", { format: "yaml", keys })).text;
  }, 120_000);
  afterAll(() => account?.stop());

  const open = (options: AwsOptions, file = text) =>
    decrypt(file, { format: "yaml", keySources: [awsKmsSource({ endpoint: account.url, ...options })] });

  test("a wrong secret is refused", async () => {
    const wrong = { ...account.user, secretAccessKey: "wrong" };
    const error = await errorOf(open({ credentials: wrong }), [account.user.secretAccessKey]);
    expect(error).toMatchObject({ code: "credentials", message: expect.stringMatching(/SignatureDoesNotMatch/) });
  });

  test("an unknown access key is refused", async () => {
    const error = await errorOf(open({ credentials: { ...account.user, accessKeyId: "AKIAUNKNOWN000000000" } }));
    expect(error.code).toBe("credentials");
  });

  test("a user without rights is refused", async () => {
    const error = await errorOf(open({ credentials: account.stranger }));
    expect(error).toMatchObject({ code: "permission", message: expect.stringMatching(/Allow `kms:Decrypt`/) });
  });

  test("a key that there is not is told", async () => {
    const error = await errorOf(open({ credentials: account.user }, text.replace(/key\/[\w-]+/, "key/0")));
    expect(error).toMatchObject({
      code: "key_not_found",
      message: expect.stringMatching(/in us-east-1 has no such key/),
    });
  });

  test("encryption fails whole, and names the keys that fail and why", async () => {
    const { recipient } = await generateIdentity();
    const options = { credentials: account.user, endpoint: account.url };
    const missing = account.key.replace(/key\/.*/, "key/0");
    const good = [awsKms(account.key, options), age(recipient)];
    const alone = await errorOf(encrypt("a: b\n", { format: "yaml", keys: [...good, awsKms(missing, options)] }));
    expect(alone).toMatchObject({ code: "key_not_found", message: expect.stringContaining(missing) });
    const denied = awsKms(account.otherKey, { ...options, credentials: account.stranger });
    const both = await errorOf(
      encrypt("a: b\n", { format: "yaml", keys: [denied, ...good, awsKms(missing, options)] }),
    );
    expect(both.message).toMatch(/^The data key could not be encrypted for 2 of the keys, so nothing was encrypted:\n/);
    expect(both.message).toContain(`\n  AWS KMS key ${account.otherKey}: AWS KMS does not allow`);
    expect(both.message).toContain(`\n  AWS KMS key ${missing}: AWS KMS in us-east-1 has no such key`);
  });

  test("decryption tries all keys, and one message tells of each", async () => {
    const { recipient } = await generateIdentity();
    const stranger = await generateIdentity();
    const options = { credentials: account.user, endpoint: account.url };
    const keys = [awsKms(account.key, options), awsKms(account.otherKey, options), age(recipient)];
    const file = (await encrypt("a: b\n", { format: "yaml", keys })).text;
    const keySources: KeySource[] = [awsKmsSource({ ...options, credentials: account.stranger })];
    const gone = file.replace(account.otherKey, account.otherKey.replace(/key\/.*/, "key/0"));
    const error = await errorOf(decrypt(gone, { format: "yaml", keySources, identities: [stranger.identity] }));
    expect(error.code).toBe("not_recovered");
    const lines = error.message.split("\n");
    expect(lines).toHaveLength(4);
    expect(lines[0]).toBe("No available key decrypts the file. Tried:");
    expect(lines[1]).toBe(`  ${recipient}: not decrypted by ${stranger.recipient}.`);
    expect(lines[2]).toMatch(/^ {2}AWS KMS key arn:aws:kms:us-east-1\S+: AWS KMS does not allow the caller to decrypt/);
    expect(lines[3]).toMatch(/^ {2}AWS KMS key arn:aws:kms:eu-west-1\S+key\/0: /);
    // Another of its keys opens it.
    const opened = await decrypt(gone, { format: "yaml", keySources: [awsKmsSource(options)] });
    expect(opened.data).toEqual({ a: "b" });
  });
});
