/** An account of AWS for the tests: moto, with a user, a role and keys in it. */
import { findMoto, startMoto } from "../../../test-vectors/moto.js";

const account = "123456789012";
const everything = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }],
});
const trust = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { AWS: "*" }, Action: "sts:AssumeRole" }],
});

/** Why the tests with an account are skipped; undefined if they are not. */
export const noAccount: string | undefined =
  findMoto() === undefined ? "there is no moto: run `node test-vectors/install.js`, or set MOTO_BIN" : undefined;

if (noAccount !== undefined) console.warn(`Tests with AWS KMS are skipped: ${noAccount}.`);

interface User {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface Account {
  readonly url: string;
  /** May do everything. */
  readonly user: User;
  /** May do nothing. */
  readonly stranger: User;
  readonly role: string;
  /** Credentials of the role, which end in an hour. */
  readonly session: User & { readonly sessionToken: string };
  readonly key: string;
  readonly alias: string;
  /** In another region. */
  readonly otherKey: string;
  /** Do something with keys that needs no rights. */
  kms(operation: string, request: object): Promise<Record<string, Record<string, string>>>;
  /** Do something with buckets that needs no rights: `PUT`, `bucket`. Undefined if it is not there. */
  s3(method: string, path: string): Promise<string | undefined>;
  stop(): Promise<void>;
}

/** Starts an account, in which signatures and policies are checked. */
export async function openAccount(): Promise<Account> {
  const { url, stop } = await startMoto(findMoto()!, { unchecked: 0 });

  async function unchecked<Result>(work: () => Promise<Result>): Promise<Result> {
    await setUnchecked(url, 100_000);
    const result = await work();
    await setUnchecked(url, 0);
    return result;
  }

  async function iam(parameters: Record<string, string>, service = "iam"): Promise<string> {
    const response = await fetch(url, {
      method: "POST",
      headers: { authorization: scope("us-east-1", service) },
      body: new URLSearchParams({ Version: service === "iam" ? "2010-05-08" : "2011-06-15", ...parameters }),
    });
    if (!response.ok) throw new Error(await response.text());
    return response.text();
  }

  async function kms(operation: string, request: object, region = "us-east-1") {
    const response = await fetch(url, {
      method: "POST",
      headers: {
        authorization: scope(region, "kms"),
        "x-amz-target": `TrentService.${operation}`,
        "content-type": "application/x-amz-json-1.1",
      },
      body: JSON.stringify(request),
    });
    if (!response.ok) throw new Error(await response.text());
    return JSON.parse((await response.text()) || "{}") as Record<string, Record<string, string>>;
  }

  async function createUser(name: string): Promise<User> {
    await iam({ Action: "CreateUser", UserName: name });
    const made = await iam({ Action: "CreateAccessKey", UserName: name });
    return { accessKeyId: field(made, "AccessKeyId"), secretAccessKey: field(made, "SecretAccessKey") };
  }

  return unchecked(async () => {
    const user = await createUser("user");
    await iam({ Action: "PutUserPolicy", UserName: "user", PolicyName: "p", PolicyDocument: everything });
    const stranger = await createUser("stranger");
    await iam({ Action: "CreateRole", RoleName: "sops", AssumeRolePolicyDocument: trust });
    await iam({ Action: "PutRolePolicy", RoleName: "sops", PolicyName: "p", PolicyDocument: everything });
    const role = `arn:aws:iam::${account}:role/sops`;
    const assumed = await iam({ Action: "AssumeRole", RoleArn: role, RoleSessionName: "test" }, "sts");
    const key = (await kms("CreateKey", {})).KeyMetadata!.Arn!;
    await kms("CreateAlias", { AliasName: "alias/sops", TargetKeyId: key });
    const otherKey = (await kms("CreateKey", {}, "eu-west-1")).KeyMetadata!.Arn!;
    return {
      url,
      user,
      stranger,
      role,
      session: {
        accessKeyId: field(assumed, "AccessKeyId"),
        secretAccessKey: field(assumed, "SecretAccessKey"),
        sessionToken: field(assumed, "SessionToken"),
      },
      key,
      alias: `arn:aws:kms:us-east-1:${account}:alias/sops`,
      otherKey,
      kms: (operation, request) => unchecked(() => kms(operation, request)),
      s3: (method, path) =>
        unchecked(async () => {
          const response = await fetch(`${url}/${path}`, {
            method,
            headers: { authorization: scope("us-east-1", "s3") },
          });
          return response.ok ? response.text() : undefined;
        }),
      stop,
    };
  });
}

function field(xml: string, element: string): string {
  return new RegExp(`<${element}>([^<]+)</`).exec(xml)![1]!;
}

function scope(region: string, service: string): string {
  return `AWS4-HMAC-SHA256 Credential=x/20260101/${region}/${service}/aws4_request, SignedHeaders=host, Signature=x`;
}

async function setUnchecked(url: string, count: number): Promise<void> {
  await fetch(`${url}/moto-api/reset-auth`, {
    method: "POST",
    headers: { "content-type": "text/plain" },
    body: String(count),
  });
}
