/** The routes of the pages: who may ask for what, and whom they refuse. What they do is faked here. */
import { createRequire } from "node:module";
import { describe, expect, test } from "vitest";
import { encrypt as encryptAge } from "../../age/dist/index.js";
import {
  type AuditEntry,
  createSessions,
  httpHandler,
  initialize,
  memoryStorage,
  openApiDocument,
  type PagesBackend,
  type Role,
  type SessionAnswer,
  type SessionOptions,
  unprotected,
} from "../dist/index.js";

const origin = "http://127.0.0.1:8740";
const cookie = { name: "isosops-8740", isSecure: false };
const secret = "plain-secret-1";
const tokens = {
  viewer: "viewer-token-of-some-length",
  editor: "editor-token-of-some-length",
  administrator: "administrator-token-of-some-length",
} as const;

/** Least role by operation, as it is meant: `nobody` needs to sign in for those of no role. */
const routes: readonly (readonly [Role, string, string, unknown?])[] = [
  ["viewer", "GET", "/api/v1/org/sops/config"],
  ["editor", "POST", "/api/v1/org/sops/encrypt", { yaml_content: "a: b\n", encrypted_paths: ["a"] }],
  ["editor", "POST", "/api/v1/org/sops/decrypt", { encrypted_yaml: "a: b\n" }],
  ["editor", "POST", "/api/v1/org/sops/unwrap", { enc: "x" }],
  ["viewer", "GET", "/api/v1/session"],
  ["viewer", "DELETE", "/api/v1/session"],
  ["administrator", "POST", "/api/v1/session/links", { role: "viewer" }],
  ["viewer", "GET", "/api/v1/clusters"],
  [
    "administrator",
    "PUT",
    "/api/v1/clusters/decryption",
    { path: "cluster.yaml", decryption: true, version: "0".repeat(64) },
  ],
  ["viewer", "GET", "/api/v1/clusters/argocd?path=cluster.yaml"],
  ["editor", "GET", "/api/v1/clusters/doctor?path=cluster.yaml"],
  ["viewer", "GET", "/api/v1/files?path=cluster.yaml"],
  ["editor", "PUT", "/api/v1/files", { files: [{ path: "cluster.yaml", text: secret, version: null }] }],
  ["viewer", "GET", "/api/v1/org/sops/status"],
  ["viewer", "GET", "/api/v1/org/sops/history"],
  ["administrator", "POST", "/api/v1/org/sops/init", { passphrase: secret }],
  ["administrator", "POST", "/api/v1/org/sops/enable"],
  ["administrator", "POST", "/api/v1/org/sops/disable"],
  ["administrator", "POST", "/api/v1/org/sops/rotate"],
  ["administrator", "POST", "/api/v1/org/sops/reencrypt", {}],
  ["viewer", "GET", "/api/v1/org/sops/reencrypt/events"],
  ["administrator", "GET", "/api/v1/org/sops/blockers"],
  ["administrator", "POST", "/api/v1/org/sops/confirm", {}],
  ["administrator", "POST", "/api/v1/org/sops/cancel", {}],
];

const info = {
  initialized: false,
  organisation_id: null,
  age_public_key: null,
  previous_age_public_key: null,
  enabled: false,
  generation: 0,
  keyring: "/keyring.json",
  protection: null,
  problem: null,
} as const;

function fakeBackend(): PagesBackend & { readonly done: string[] } {
  const done: string[] = [];
  const changed = (what: string) => async () => {
    done.push(what);
    return { organisation: info, notices: [] };
  };
  return {
    done,
    root: "clusters",
    clusters: async () => ({ clusters: [] }),
    readFile: async (path) => ({ path, text: "a: b\n", version: "0".repeat(64), used_by: [] }),
    async saveFiles({ files }) {
      done.push("save");
      return { files: files.map(({ path, version }) => ({ path, version })), warnings: [] };
    },
    async setDecryption({ path, decryption, version }) {
      done.push("decryption");
      return { path, decryption, version };
    },
    argocd: async () => ({
      key_command: "",
      remove_command: "",
      settings: "",
      values: "",
      flux_command: "",
      problem: null,
    }),
    doctor: async () => ({ findings: [] }),
    status: async () => ({ organisation: info, files: [] }),
    history: async () => ({ events: [], log: [] }),
    init: changed("init"),
    setEnabled: changed("enabled"),
    rotate: changed("rotate"),
    async reencrypt() {
      done.push("reencrypt");
      return async () => ({ done: 0, failed: [], lost: [], error: null, notices: [] });
    },
    blockers: async () => ({ confirmable: true, reason: null, files: [] }),
    confirm: changed("confirm"),
    cancel: changed("cancel"),
  };
}

interface Signed {
  readonly cookie: string;
  readonly csrf: string;
}

async function serve(
  options: {
    sessions?: SessionOptions;
    onAudit?: (entry: AuditEntry) => void;
    backend?: Partial<PagesBackend>;
    secrets?: number;
  } = {},
) {
  const organisation = { storage: memoryStorage(), protector: unprotected, actor: "test" };
  await initialize(organisation);
  const backend = { ...fakeBackend(), ...options.backend };
  const sessions = createSessions(options.sessions);
  const audit: AuditEntry[] = [];
  const errors: unknown[] = [];
  const handle = httpHandler({
    organisation: async () => organisation,
    tokens: (["viewer", "editor", "administrator"] as const).map((role) => ({
      role,
      actor: `${role} token`,
      token: tokens[role],
    })),
    hosts: ["127.0.0.1", "pages.example"],
    limits: { secrets: options.secrets ?? 100_000 },
    onError: (error) => errors.push(error),
    pages: {
      backend,
      sessions,
      cookie,
      files: (path) => (path === "/" ? new Response("<html>") : undefined),
      onAudit: options.onAudit ?? ((entry) => audit.push(entry)),
    },
  });
  const ask = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}, host = origin) =>
    handle(
      new Request(`${host}${path}`, {
        method,
        headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
      { address: "127.0.0.1" },
    );
  const signIn = async (role: Role): Promise<Signed> => {
    const { link } = await sessions.createLink(role);
    const response = await ask("POST", "/api/v1/session", { link }, { origin });
    expect(response.status).toBe(200);
    const { csrf } = (await response.json()) as SessionAnswer;
    return { cookie: response.headers.get("set-cookie")!.split(";")[0]!, csrf };
  };
  return { ask, signIn, sessions, audit, backend, errors };
}

const headersOf = ({ cookie: value, csrf }: Signed, csrfToken: string = csrf) => ({
  cookie: value,
  "x-isosops-csrf": csrfToken,
  origin,
});

const ranks = { viewer: 1, editor: 2, administrator: 3 };

const document = openApiDocument() as {
  paths: Record<string, Record<string, { "x-role"?: string; responses: Record<string, { $ref?: string }> }>>;
};
const Ajv = createRequire(import.meta.url)("ajv/dist/2020").default;
const ajv = new Ajv({ strict: false, validateFormats: false });
ajv.addSchema(document, "api");

/** What the document says against an answer. */
async function mismatch(method: string, path: string, response: Response): Promise<unknown> {
  const [name] = path.split("?", 1) as [string];
  const said = document.paths[name]?.[method.toLowerCase()]?.responses[response.status];
  if (said === undefined) return `${response.status} of ${method} ${name} is not in the document`;
  if (response.headers.get("content-type") !== "application/json") return undefined;
  const place =
    said.$ref ?? `#/paths/${name.replaceAll("/", "~1")}/${method.toLowerCase()}/responses/${response.status}`;
  const validate = ajv.compile({ $ref: `api${place}/content/application~1json/schema` });
  return validate(await response.clone().json()) ? undefined : validate.errors;
}

test("the table has every route of the document", () => {
  const ofDocument = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const ofTable = routes.map(([, method, path]) => `${method} ${path.split("?", 1)}`);
  expect([...ofTable, "POST /api/v1/session", "GET /openapi.json"].sort()).toEqual(ofDocument.sort());
});

describe.each(routes.map(([least, method, path, body]) => ({ least, method, path, body })))(
  "$least: $method $path",
  ({ least, method, path, body }) => {
    test("roles, by session and by token", async () => {
      const { ask, signIn, backend, errors } = await serve();
      const check = async (headers: Record<string, string>, isAllowed: boolean, status: number) => {
        const before = backend.done.length;
        const response = await ask(method, path, body, headers);
        expect(await mismatch(method, path, response)).toBeUndefined();
        if (isAllowed) expect([401, 403]).not.toContain(response.status);
        else {
          expect(response.status).toBe(status);
          expect(backend.done).toHaveLength(before);
          expect(await response.json()).toEqual({ detail: expect.stringMatching(/\./) });
        }
      };
      await check({}, false, 401);
      await check({ cookie: `${cookie.name}=${"A".repeat(43)}` }, false, 401);
      await check({ authorization: "Bearer nobody-has-this-token" }, false, 401);
      for (const role of ["viewer", "editor", "administrator"] as const) {
        const isAllowed = ranks[role] >= ranks[least];
        await check({ authorization: `Bearer ${tokens[role]}` }, isAllowed, 403);
        await check(headersOf(await signIn(role)), isAllowed, 403);
      }
      expect(errors).toEqual([]);
    });

    test("a session from another site, without the CSRF token, or of another server's name", async () => {
      const { ask, signIn, backend } = await serve();
      const signed = await signIn("administrator");
      const own = headersOf(signed);
      const refused: readonly (readonly [Record<string, string>, string?])[] = [
        [{ ...own, origin: "https://attacker.example" }],
        [{ ...own, origin: "null" }],
        [{ ...own, origin: "http://127.0.0.1:3000" }],
        [{ ...own, origin: "http://127.0.0.1:8740.attacker.example" }],
        [{ ...own, "sec-fetch-site": "cross-site" }],
        [{ ...own, "sec-fetch-site": "same-site" }],
      ];
      for (const [headers] of refused) expect((await ask(method, path, body, headers)).status).toBe(403);
      if (method !== "GET") {
        for (const csrf of ["", "x", `${signed.csrf}x`, signed.csrf.slice(1)]) {
          expect((await ask(method, path, body, headersOf(signed, csrf))).status).toBe(403);
        }
      }
      const rebound = { ...own, origin: "http://attacker.example" };
      expect((await ask(method, path, body, rebound, "http://attacker.example")).status).toBe(421);
      expect(backend.done).toEqual([]);
      // And the same without what is wrong.
      const fine = await ask(method, path, body, { ...own, "sec-fetch-site": "same-origin" });
      expect([401, 403, 421]).not.toContain(fine.status);
    });
  },
);

describe("signing in", () => {
  const post = (server: Awaited<ReturnType<typeof serve>>, body: object, headers = {}) =>
    server.ask("POST", "/api/v1/session", body, { origin, ...headers });

  test("a link works once, and sets a cookie that scripts cannot read", async () => {
    const server = await serve();
    const { link } = await server.sessions.createLink("editor");
    const response = await post(server, { link });
    expect(response.status).toBe(200);
    expect(response.headers.get("set-cookie")).toMatch(/^isosops-8740=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/);
    expect(await response.json()).toMatchObject({ role: "editor", actor: "editor by link 1", root: "clusters" });
    const again = await post(server, { link });
    expect(again.status).toBe(401);
    expect(again.headers.get("set-cookie")).toBeNull();
    expect(await again.json()).toEqual({ detail: expect.stringContaining("used already") });
  });

  test("twenty at once with one link make one session", async () => {
    const server = await serve();
    const { link } = await server.sessions.createLink("editor");
    const all = await Promise.all(Array.from({ length: 20 }, () => post(server, { link })));
    expect(all.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  test("links and sessions expire", async () => {
    let now = 1_000_000;
    const server = await serve({ sessions: { link: 60, idle: 100, longest: 250, now: () => now } });
    const [late, inTime] = [await server.sessions.createLink("viewer"), await server.sessions.createLink("viewer")];
    now += 59_000;
    expect((await post(server, { link: inTime.link })).status).toBe(200);
    now += 1000;
    expect((await post(server, { link: late.link })).status).toBe(401);
    const signed = await server.signIn("viewer");
    const isIn = async () => (await server.ask("GET", "/api/v1/session", undefined, headersOf(signed))).status;
    for (const [step, status] of [
      [99, 200],
      [99, 200],
      [51, 200],
      [1, 401],
    ] as const) {
      now += step * 1000;
      expect(await isIn(), `after ${step} more`).toBe(status);
    }
    const idle = await server.signIn("viewer");
    now += 100_000;
    expect((await server.ask("GET", "/api/v1/session", undefined, headersOf(idle))).status).toBe(401);
  });

  test("by a token, with its role; and out again", async () => {
    const server = await serve();
    const response = await post(server, { token: tokens.viewer });
    expect(response.status).toBe(200);
    const { role, csrf } = (await response.json()) as SessionAnswer;
    expect(role).toBe("viewer");
    const headers = headersOf({ cookie: response.headers.get("set-cookie")!.split(";")[0]!, csrf });
    expect((await server.ask("GET", "/api/v1/session", undefined, headers)).status).toBe(200);
    const out = await server.ask("DELETE", "/api/v1/session", undefined, headers);
    expect(out.headers.get("set-cookie")).toMatch(/^isosops-8740=; .*Max-Age=0$/);
    expect((await server.ask("GET", "/api/v1/session", undefined, headers)).status).toBe(401);
  });

  test("two cookies of that name, of which a neighbour may have set one, are none", async () => {
    const server = await serve();
    const { cookie: own } = await server.signIn("viewer");
    const headers = { cookie: `${cookie.name}=${"A".repeat(43)}; ${own}` };
    expect((await server.ask("GET", "/api/v1/session", undefined, headers)).status).toBe(401);
  });

  test.each([
    ["from another site", { origin: "https://attacker.example" }, 403],
    ["as a form", { "content-type": "text/plain" }, 415],
  ])("%s is refused, and the link is not used up", async (_, headers, status) => {
    const server = await serve();
    const { link } = await server.sessions.createLink("viewer");
    expect((await post(server, { link }, headers)).status).toBe(status);
    expect((await post(server, { link })).status).toBe(200);
  });

  test("a body that is larger than any link", async () => {
    const server = await serve();
    expect((await post(server, { link: "x".repeat(5000) })).status).toBe(413);
    for (const body of [{}, { link: "x", token: "y" }, { link: 1 }])
      expect((await post(server, body)).status).toBe(422);
  });

  test("of 10,000 guesses from one address few are tried, and nobody else waits for them", async () => {
    const server = await serve();
    const signed = await server.signIn("viewer");
    const statuses = new Map<number, number>();
    for (let guess = 0; guess < 10_000; guess++) {
      const response =
        guess % 2 === 0
          ? await post(server, { link: `guess-${guess}` })
          : await server.ask("GET", "/api/v1/clusters", undefined, {
              authorization: `Bearer guess-${guess}-long-enough`,
            });
      statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
      if (response.status === 429) expect(response.headers.get("retry-after")).toMatch(/^[1-9]\d*$/);
    }
    expect([...statuses.keys()].sort()).toEqual([401, 429]);
    // Twenty, and a third of one for each second that this takes.
    expect(statuses.get(401)).toBeLessThan(60);
    expect((await server.ask("GET", "/api/v1/clusters", undefined, headersOf(signed))).status).toBe(200);
  });

  test("an administrator makes a link for somebody else", async () => {
    const server = await serve();
    const signed = await server.signIn("administrator");
    const made = await server.ask("POST", "/api/v1/session/links", { role: "viewer" }, headersOf(signed));
    const { link } = (await made.json()) as { link: string };
    expect(await (await post(server, { link })).json()).toMatchObject({
      role: "viewer",
      actor: "viewer by link 2 of administrator by link 1",
    });
    for (const role of ["root", undefined, "__proto__"]) {
      expect((await server.ask("POST", "/api/v1/session/links", { role }, headersOf(signed))).status).toBe(422);
    }
  });
});

test("secrets are given out so often in a minute", async () => {
  const { ask, signIn } = await serve({ secrets: 5 });
  const [one, other] = [headersOf(await signIn("editor")), headersOf(await signIn("editor"))];
  const decrypt = async (headers: Record<string, string>) =>
    (await ask("POST", "/api/v1/org/sops/decrypt", { encrypted_yaml: "a: b\n" }, headers)).status;
  const all = [];
  for (let count = 0; count < 7; count++) all.push(await decrypt(one));
  expect(all).toEqual([200, 200, 200, 200, 200, 429, 429]);
  expect(await decrypt(other)).toBe(200);
});

test("data keys are given to editors alone, as often as other secrets, and each time is in the audit log", async () => {
  const { ask, signIn, audit } = await serve({ secrets: 3 });
  const recipient = (
    (await (
      await ask("GET", "/api/v1/org/sops/config", undefined, { authorization: `Bearer ${tokens.viewer}` })
    ).json()) as { age_public_key: string }
  ).age_public_key;
  const dataKey = new Uint8Array(32).fill(65);
  const enc = await encryptAge(dataKey, [recipient], { armor: true });
  const unwrap = async (headers: Record<string, string>) => ask("POST", "/api/v1/org/sops/unwrap", { enc }, headers);
  expect((await unwrap({})).status).toBe(401);
  expect((await unwrap(headersOf(await signIn("viewer")))).status).toBe(403);
  const signed = headersOf(await signIn("editor"));
  audit.length = 0;
  const answers = [await unwrap(signed), await unwrap(signed)];
  expect((await ask("POST", "/api/v1/org/sops/decrypt", { encrypted_yaml: "a: b\n" }, signed)).status).toBe(200);
  answers.push(await unwrap(signed));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
  for (const answer of answers.slice(0, 2)) {
    expect(await answer.json()).toEqual({ data_key: Buffer.from(dataKey).toString("base64") });
    expect(answer.headers.get("cache-control")).toBe("no-store");
  }
  const shown = audit
    .filter(({ action }) => action === "unwrap")
    .map(({ phase, status, role }) => [phase, status, role]);
  expect(shown).toEqual([
    ["begun", null, "editor"],
    ["ended", 200, "editor"],
    ["begun", null, "editor"],
    ["ended", 200, "editor"],
    ["ended", 429, "editor"],
  ]);
  const text = JSON.stringify(audit);
  for (const hidden of [Buffer.from(dataKey).toString("base64"), "AGE ENCRYPTED", enc.split("\n")[1]!]) {
    expect(text).not.toContain(hidden);
  }
});

describe("the audit log", () => {
  test("has who, what and the result, and no secret", async () => {
    const { ask, signIn, audit } = await serve();
    const signed = await signIn("editor");
    const body = { files: [{ path: "manifests/shop.yaml", text: `password: ${secret}`, version: null }] };
    await ask("PUT", "/api/v1/files", body, headersOf(signed));
    await ask("POST", "/api/v1/org/sops/init", { passphrase: secret }, headersOf(signed));
    await ask("POST", "/api/v1/session", { token: `wrong-${secret}` }, { origin });
    await ask("GET", "/api/v1/clusters", undefined, { authorization: `Bearer ${secret}` });
    const shown = audit.map(({ phase, action, actor, role, paths, status }) => [
      phase,
      action,
      actor,
      role,
      paths,
      status,
    ]);
    const who = ["editor by link 1", "editor"];
    expect(shown).toEqual([
      ["begun", "signIn", ...who, [], null],
      ["ended", "signIn", ...who, [], 200],
      ["begun", "saveFiles", ...who, ["manifests/shop.yaml"], null],
      ["ended", "saveFiles", ...who, ["manifests/shop.yaml"], 200],
      ["ended", "init", ...who, [], 403],
      ["ended", "signIn", null, null, [], 401],
      ["ended", "getClusters", null, null, [], 401],
    ]);
    const text = JSON.stringify(audit);
    for (const hidden of [secret, signed.csrf, signed.cookie.split("=")[1]!]) expect(text).not.toContain(hidden);
  });

  test("that cannot be written keeps everything from being done", async () => {
    let isFull = false;
    const { ask, signIn, backend, errors } = await serve({
      onAudit: () => {
        if (isFull) throw new Error("no space left");
      },
    });
    const signed = headersOf(await signIn("administrator"));
    isFull = true;
    const answer = await ask("POST", "/api/v1/org/sops/rotate", undefined, signed);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toEqual({ detail: expect.stringContaining("The audit log cannot be written") });
    expect((await ask("POST", "/api/v1/org/sops/decrypt", { encrypted_yaml: "a: b\n" }, signed)).status).toBe(503);
    expect(backend.done).toEqual([]);
    expect(errors.length).toBeGreaterThan(0);
    expect((await ask("GET", "/api/v1/clusters", undefined, signed)).status).toBe(200);
  });
});

describe("the events of a run", () => {
  const events = (text: string) =>
    [...text.matchAll(/^id: (\S+)\nevent: (\w+)\ndata: (.*)$/gm)].map(([, id, kind, data]) => ({
      id,
      kind,
      data: JSON.parse(data!) as Record<string, unknown>,
    }));

  async function run() {
    let step = (): void => {};
    const steps: (() => void)[] = [];
    const server = await serve({
      backend: {
        reencrypt: async () => async (emit, name) => {
          emit({ kind: "begun", run: name, of: 3 });
          for (let done = 1; done <= 3; done++) {
            await new Promise<void>((resolve) => steps.push(resolve));
            emit({ kind: "file", path: `${done}.yaml`, outcome: "done", done, of: 3 });
          }
          return { done: 3, failed: [], lost: [], error: null, notices: [] };
        },
      },
    });
    step = () => steps.shift()!();
    const signed = headersOf(await server.signIn("administrator"));
    const begin = () => server.ask("POST", "/api/v1/org/sops/reencrypt", {}, signed);
    const follow = (last?: string) =>
      server.ask("GET", "/api/v1/org/sops/reencrypt/events", undefined, {
        cookie: signed.cookie,
        ...(last === undefined ? {} : { "last-event-id": last }),
      });
    const settle = () => new Promise((resolve) => setTimeout(resolve, 5));
    return { begin, follow, step, settle };
  }

  test("come to those who follow, again after a reload, and on from where somebody stopped", async () => {
    const { begin, follow, step, settle } = await run();
    expect((await follow()).status).toBe(204);
    expect((await begin()).status).toBe(202);
    expect((await begin()).status).toBe(409);
    const left = await follow();
    expect(left.headers.get("content-type")).toBe("text/event-stream");
    const reader = left.body!.getReader();
    await reader.read();
    step();
    await settle();
    // Who closes the page ends nothing.
    await reader.cancel();
    const reloaded = (await follow()).text();
    step();
    await settle();
    step();
    const all = events(await reloaded);
    expect(all.map(({ kind }) => kind)).toEqual(["begun", "file", "file", "file", "ended"]);
    expect(all.at(-1)!.data).toEqual({ kind: "ended", done: 3, failed: [], lost: [], error: null, notices: [] });
    const on = events(await (await follow(all[2]!.id)).text());
    expect(on).toEqual(all.slice(3));
    expect((await follow(all.at(-1)!.id)).status).toBe(204);
    for (const odd of ["x", "other:1", `${all[0]!.id!.split(":")[0]}:99999999999999`]) {
      expect(events(await (await follow(odd)).text())).toEqual(all);
    }
    expect((await begin()).status).toBe(202);
  });

  test("of a run that fails say why, and nothing that nobody foresaw", async () => {
    for (const [error, said] of [
      [new Error(secret), "Internal error. The server's log has the details."],
      [Object.assign(new Error("x"), {}), "Internal error. The server's log has the details."],
    ] as const) {
      const server = await serve({ backend: { reencrypt: async () => () => Promise.reject(error) } });
      const signed = headersOf(await server.signIn("administrator"));
      await server.ask("POST", "/api/v1/org/sops/reencrypt", {}, signed);
      const text = await (
        await server.ask("GET", "/api/v1/org/sops/reencrypt/events", undefined, { cookie: signed.cookie })
      ).text();
      expect(events(text).at(-1)!.data).toMatchObject({ kind: "ended", error: said });
      expect(text).not.toContain(secret);
      expect(server.errors).toEqual([error]);
    }
  });
});

test("answers are for nobody else: not framed, not read by other sites, not kept", async () => {
  const { ask, signIn } = await serve();
  const signed = headersOf(await signIn("viewer"));
  for (const path of ["/api/v1/clusters", "/api/v1/nothing", "/openapi.json", "/api/v1/session"]) {
    const { headers } = await ask("GET", path, undefined, signed);
    expect(headers.get("access-control-allow-origin"), path).toBeNull();
    expect(Object.fromEntries(headers)).toMatchObject({
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
      "cross-origin-resource-policy": "same-origin",
    });
  }
});

test("there are no such routes without pages", async () => {
  const organisation = { storage: memoryStorage(), protector: unprotected, actor: "test" };
  const handle = httpHandler({ organisation: async () => organisation, token: tokens.administrator });
  for (const [, method, path] of routes.filter(([, , one]) => !/config|crypt|unwrap/.test(one))) {
    const headers = { authorization: `Bearer ${tokens.administrator}` };
    expect((await handle(new Request(`${origin}${path}`, { method, headers }))).status, path).toBe(404);
  }
});
