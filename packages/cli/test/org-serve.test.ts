/** `isosops org serve`, as its clients see it. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { makeBombs } from "./bombs.js";
import { bin, first, isosops, makeFolder, noSops, plainYaml, secrets, sops, tools } from "./support.js";

const token = "a-token-that-nobody-guesses";

interface Served {
  cwd: string;
  env: Record<string, string>;
  url: string;
  child: ChildProcess;
  /** All that was said on stderr so far. */
  said(): string;
  ended: Promise<number | null>;
  call(method: string, path: string, body?: unknown): Promise<{ status: number; value: Record<string, string> }>;
}

const running = new Set<ChildProcess>();
afterAll(() => {
  for (const child of running) child.kill("SIGKILL");
});

async function serve(flags: string[] = [], more: Record<string, string> = {}, init = true): Promise<Served> {
  const cwd = makeFolder({ "token.txt": `${token}\n` });
  const env = {
    PATH: process.env.PATH ?? "",
    HOME: cwd,
    ISOSOPS_HOME: join(cwd, "home"),
    SOPS_AGE_KEY: first.identity,
    ...more,
  };
  if (init) expect((await isosops(["org", "init", "--recipient", first.recipient], { cwd, env })).exit).toBe(0);
  const child = spawn(process.execPath, [bin, "org", "serve", "--listen", "127.0.0.1:0", ...flags], {
    cwd,
    env,
    stdio: ["ignore", "ignore", "pipe"],
  });
  running.add(child);
  let said = "";
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  const url = await new Promise<string>((resolve, reject) => {
    child.stderr!.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      const address = /^Listening on (\S+)$/m.exec(said)?.[1];
      if (address !== undefined) resolve(address);
    });
    ended.then(() => reject(new Error(said)));
  });
  const call: Served["call"] = async (method, path, body) => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    return { status: response.status, value: (await response.json()) as Record<string, string> };
  };
  return { cwd, env, url, child, said: () => said, ended, call };
}

const withToken = { ISOSOPS_TOKEN: token };
const encrypt = "/api/v1/org/sops/encrypt";
const decrypt = "/api/v1/org/sops/decrypt";

test("encrypts what sops decrypts, and the other way round", async ({ skip }) => {
  const { cwd, env, call, child, ended, said } = await serve([], withToken);
  const config = await call("GET", "/api/v1/org/sops/config");
  expect(config.value).toMatchObject({ enabled: true, initialized: true });
  const { status, value } = await call("POST", encrypt, { yaml_content: plainYaml, encrypted_paths: ["password"] });
  expect(status).toBe(200);
  const added = await call("POST", encrypt, { yaml_content: value.encrypted_yaml, encrypted_paths: ["token"] });
  for (const secret of secrets.slice(0, 2)) expect(added.value.encrypted_yaml).not.toContain(secret);
  expect(await call("POST", decrypt, { encrypted_yaml: added.value.encrypted_yaml })).toMatchObject({
    value: { decrypted_content: plainYaml, is_encrypted: true },
  });

  const exported = await isosops(["org", "export"], { cwd, env });
  const key = /^AGE-SECRET-KEY-1\S+$/m.exec(exported.stdout)![0];
  writeFileSync(join(cwd, "a.yaml"), added.value.encrypted_yaml!);
  writeFileSync(join(cwd, "plain.yaml"), plainYaml);
  for (const { path } of tools.findSops()) {
    const options = { cwd, env: { ...env, SOPS_AGE_KEY: key }, encoding: "utf8" } as const;
    const opened = execFileSync(path, ["-d", "a.yaml"], options);
    for (const secret of secrets) expect(opened).toContain(secret);
    const theirs = execFileSync(path, ["-e", "--age", config.value.age_public_key!, "plain.yaml"], options);
    const answer = await call("POST", decrypt, { encrypted_yaml: theirs });
    expect(answer.status).toBe(200);
    for (const secret of secrets) expect(answer.value.decrypted_content).toContain(secret);
  }

  // What a request was about stands in the log, and nothing of what was in it.
  await call("GET", `/api/${secrets[0]}?token=${token}`);
  child.kill("SIGTERM");
  expect(await ended).toBe(0);
  expect(said()).toMatch(/^\d{4}-\S+Z POST \/api\/v1\/org\/sops\/encrypt 200 \d+ ms$/m);
  expect(said()).toContain("another path 404");
  for (const secret of [...secrets, token, key]) expect(said()).not.toContain(secret);
  skip(sops === undefined, noSops);
});

describe("the token", () => {
  test("is made where none is given, and shown once", async () => {
    const { url, said, child, ended } = await serve();
    const made = /^Token: (\S{43})$/m.exec(said())![1]!;
    const ask = (authorization: string) =>
      fetch(`${url}/api/v1/org/sops/config`, { headers: { authorization } }).then(({ status }) => status);
    expect(await Promise.all([ask(`Bearer ${made}`), ask(`Bearer ${made}x`), ask("")])).toEqual([200, 401, 401]);
    child.kill("SIGINT");
    expect(await ended).toBe(0);
    expect(said().split(made)).toHaveLength(2);
  });

  test("is taken from a file", async () => {
    const { call, said, child } = await serve(["--token-file", "token.txt"]);
    expect((await call("GET", "/api/v1/org/sops/config")).status).toBe(200);
    expect(said()).not.toContain("Token");
    child.kill();
  });

  test.each([
    ["short", { ISOSOPS_TOKEN: "short" }, [], "ISOSOPS_TOKEN: a token is at least 16"],
    ["of two words", { ISOSOPS_TOKEN: "correct horse battery" }, [], "ISOSOPS_TOKEN: a token"],
    ["in a file that is not there", {}, ["--token-file", "no.txt"], "no.txt: the token cannot be read"],
  ])("that is %s is refused", async (_, env, flags, message) => {
    const error = (await serve(flags, env as Record<string, string>).catch((reason: unknown) => reason)) as Error;
    expect(error.message).toContain(message);
    expect(error.message).not.toMatch(/horse|Listening/);
  });
});

describe("the address", () => {
  test.each(["0.0.0.0:0", "[::]:0"])("%s, which others reach, has to be allowed", async (address) => {
    const error = (await serve(["--listen", address], withToken).catch((reason: unknown) => reason)) as Error;
    expect(error.message).toContain("--allow-remote");
    const { said, child } = await serve(["--listen", "0.0.0.0:0", "--allow-remote"], withToken);
    expect(said()).toContain("warning: anyone on the network");
    child.kill();
  });

  test.each(["127.0.0.1", ":80", "127.0.0.1:99999", "a b:1"])("%s is invalid", async (address) => {
    const error = (await serve(["--listen", address], withToken).catch((reason: unknown) => reason)) as Error;
    expect(error.message).toMatch(/^error: --listen/);
  });

  test("that is taken", async () => {
    const { url, child } = await serve([], withToken);
    const taken = url.replace("http://", "");
    const error = (await serve(["--listen", taken], withToken).catch((reason: unknown) => reason)) as Error;
    expect(error.message).toContain(`--listen ${taken}: another program listens there.`);
    child.kill();
  });
});

test("a keyring that comes to be, is rotated and disabled while the server runs", async () => {
  const { cwd, env, call, said, child } = await serve([], withToken, false);
  expect(said()).toContain("no key yet");
  expect((await call("GET", "/api/v1/org/sops/config")).value).toMatchObject({ initialized: false });
  const body = { yaml_content: "a: plain-secret-1\n", encrypted_paths: ["a"] };
  expect((await call("POST", encrypt, body)).status).toBe(409);
  const org = (...args: string[]) => isosops(["org", ...args], { cwd, env });
  await org("init", "--recipient", first.recipient);
  const old = await call("POST", encrypt, body);
  expect(old.status).toBe(200);
  const { stdout } = await org("rotate");
  const next = await call("POST", encrypt, body);
  expect(next.value.encrypted_yaml).toContain(stdout.trim());
  for (const { value } of [old, next]) {
    const opened = await call("POST", decrypt, { encrypted_yaml: value.encrypted_yaml });
    expect(opened.value.decrypted_content).toBe(body.yaml_content);
  }
  // Nobody knows where the first one is saved.
  expect((await org("confirm", "token.txt")).exit).toBe(15);
  expect((await org("confirm", "--gone", "server", "token.txt")).exit).toBe(0);
  expect((await call("POST", decrypt, { encrypted_yaml: old.value.encrypted_yaml })).status).toBe(422);
  await org("disable");
  expect((await call("POST", encrypt, body)).value).toMatchObject({ encrypted_yaml: body.yaml_content });
  child.kill();
});

test("a wrong passphrase is told at the start", async () => {
  const cwd = makeFolder();
  const env = { ISOSOPS_HOME: join(cwd, "home"), ISOSOPS_PASSPHRASE: "correct horse" };
  await isosops(["org", "init"], { cwd, env });
  const wrong = { ...env, ISOSOPS_PASSPHRASE: "battery" };
  const outcome = await isosops(["org", "serve", "--listen", "127.0.0.1:0"], { cwd, env: wrong });
  expect(outcome).toMatchObject({ exit: 13, stderr: expect.stringContaining("does not open the keyring") });
  expect(outcome.stderr).not.toContain("Token");
});

describe("requests that are not as they should be", () => {
  test("a body above the limit is answered, and the connection closed", async () => {
    const { call, child } = await serve([], withToken);
    const large = await call("POST", encrypt, `"${"x".repeat(11 * 1024 * 1024)}"`);
    expect(large.status).toBe(413);
    expect((await call("GET", "/api/v1/org/sops/config")).status).toBe(200);
    child.kill();
  });

  test("an invalid request, and a client that disconnects", async () => {
    const { url, call, child, said } = await serve([], withToken);
    const port = Number(new URL(url).port);
    const raw = (text: string, keep = false) =>
      new Promise<string>((resolve) => {
        let got = "";
        const socket = connect(port, "127.0.0.1", () => {
          socket.write(text);
          if (!keep) setTimeout(() => socket.destroy(), 100);
        });
        socket.on("data", (piece) => {
          got += piece.toString();
        });
        socket.on("error", () => {}).on("close", () => resolve(got));
      });
    expect(await raw("TRACE / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n", true)).toMatch(
      /^HTTP\/1\.1 400 /,
    );
    expect(await raw("OPTIONS * HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n", true)).toMatch(
      /^HTTP\/1\.1 400 /,
    );
    const head = `POST ${encrypt} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\n`;
    await raw(`${head}content-length: 100\r\n\r\n{"yaml_content": "plain-secret-1`);
    expect(await raw(`HEAD /openapi.json HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`, true)).toMatch(
      /^HTTP\/1\.1 200 OK\r\n(?:.+\r\n)+\r\n$/,
    );
    expect((await call("GET", "/api/v1/org/sops/config")).status).toBe(200);
    expect(said()).not.toMatch(/unexpected|plain-secret/);
    child.kill();
  });

  test("what is being answered is, when the server is told to end", async () => {
    const { call, child, ended, url } = await serve([], withToken);
    const yaml_content = Array.from({ length: 60_000 }, (_, index) => `password${index}: hunter2\n`).join("");
    const answer = call("POST", encrypt, { yaml_content: `${yaml_content}a: b\n`, encrypted_paths: ["a"] });
    await new Promise((resolve) => setTimeout(resolve, 100));
    child.kill("SIGTERM");
    expect((await answer).status).toBe(200);
    expect(await ended).toBe(0);
    await expect(fetch(url)).rejects.toThrow();
  });
});

describe("requests that ask for much", () => {
  test("keep nobody else waiting, are answered in time, and do not keep the server from ending", {
    timeout: 300_000,
  }, async () => {
    const { call, child, ended } = await serve(["--limit", "seconds=2"], withToken);
    const sealed = await call("POST", encrypt, { yaml_content: "a: plain-secret-1\n", encrypted_paths: ["a"] });
    const slow: string[] = [];
    for (const { name, route, body } of await makeBombs(sealed.value.encrypted_yaml!)) {
      let isAnswered = false;
      const started = performance.now();
      const answer = call("POST", `/api/v1/org/sops/${route}`, body).finally(() => {
        isAnswered = true;
      });
      while (!isAnswered) {
        const asked = performance.now();
        expect((await call("GET", "/api/v1/org/sops/config")).status, name).toBe(200);
        const took = performance.now() - asked;
        if (took > 1000) slow.push(`${name}: ${Math.round(took)} ms`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      const { status, value } = await answer;
      expect(status, `${name}: ${value.detail}`).toSatisfy((code: number) => [200, 400, 413, 422].includes(code));
      if (status !== 200) expect(value.detail!.length, name).toBeLessThan(5000);
      // Two seconds of work, and what it takes to send and read some megabytes.
      expect(performance.now() - started, name).toBeLessThan(6000);
    }
    expect(slow).toEqual([]);

    const last = makeLarge();
    const unanswered = call("POST", encrypt, last).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const told = performance.now();
    child.kill("SIGTERM");
    expect(await ended).toBe(0);
    expect(performance.now() - told).toBeLessThan(12_000);
    await unanswered;
  });

  test("what takes longer than the server's patience is ended, and told of as no mistake", async () => {
    const { call, child, ended, said } = await serve(["--limit", "seconds=60"], withToken);
    const answer = call("POST", encrypt, makeLarge()).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    child.kill("SIGTERM");
    expect(await ended).toBe(0);
    expect((await answer)?.status).not.toBe(200);
    expect(said()).not.toMatch(/unexpected|mistake/);
  });

  function makeLarge(): object {
    return { yaml_content: `a: [${"x,".repeat(4_000_000)}]\n`, encrypted_paths: ["a"] };
  }

  test.each(["seconds", "seconds=0", "seconds=x", "turns=3", "__proto__=3"])("--limit %s is invalid", async (limit) => {
    const error = (await serve(["--limit", limit], withToken).catch((reason: unknown) => reason)) as Error;
    expect(error.message).toContain(`--limit ${limit}: give a name and a whole number above 0, such as body=10, `);
  });

  test("a request that was sent to another name is refused, unless the name is given", async () => {
    const ask = async (flags: string[]) => {
      const { url, child } = await serve(flags, withToken);
      const answer = await raw(
        Number(new URL(url).port),
        "GET /openapi.json HTTP/1.1\r\nhost: rebound.example:80\r\nconnection: close\r\n\r\n",
      );
      child.kill();
      return answer;
    };
    expect(await ask([])).toMatch(/^HTTP\/1\.1 421 [\s\S]*not known by the name/);
    expect(await ask(["--allow-host", "other.example", "--allow-host", "rebound.example"])).toMatch(/^HTTP\/1\.1 200 /);
  });

  test("a path that looks like another name does not stand for it", async () => {
    const { url, child } = await serve([], withToken);
    for (const target of ["//localhost/openapi.json", "//127.0.0.1/openapi.json", "/\\localhost/openapi.json"]) {
      const answer = await raw(
        Number(new URL(url).port),
        `GET ${target} HTTP/1.1\r\nhost: rebound.example\r\nconnection: close\r\n\r\n`,
      );
      expect(answer, target).toMatch(/^HTTP\/1\.1 421 /);
    }
    child.kill();
  });
});

function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    let got = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(text));
    socket.on("data", (piece) => {
      got += piece.toString();
    });
    socket.on("error", () => {}).on("close", () => resolve(got));
  });
}

test("the README has the API's paths", () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  for (const path of [encrypt, decrypt, "/api/v1/org/sops/config", "/openapi.json"]) expect(readme).toContain(path);
});
