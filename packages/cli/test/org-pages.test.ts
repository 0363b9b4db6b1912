/** `isosops org serve --ui`, as a browser and an attacker see it. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { request as httpsRequest } from "node:https";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { finishWriting, writeTogether } from "../dist/files/write-together.js";
import { bin, isosops, makeFolder, noSops, sops, tools } from "./support.js";

const passphrase = "correct horse battery";
const policy = "default-src 'none'; script-src 'self'";
const pages = {
  "index.html": `<meta http-equiv="Content-Security-Policy" content="${policy}"><p>pages</p>`,
  "assets/main-1a2b3c4d.js": "export {};\n",
  "service-worker.js": "self;\n",
};

const clusterYaml = (marks = "") => `kind: ImportCluster
metadata:
  name: production
spec:
  stacks:
    - name: web
      manifests:
        - name: shop
          from_file: manifests/shop.yaml
${marks}`;
const marks = "          encrypted_paths:\n            - password\n";
const shopYaml = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: shop\nstringData:\n  password: hunter2\n";

interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: what the answer is, a test expects.
  value: Record<string, any>;
}

interface Served {
  cwd: string;
  url: string;
  port: number;
  child: ChildProcess;
  env: Record<string, string>;
  said(): string;
  ended: Promise<number | null>;
  ask(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  signedIn: Record<string, string>;
}

const running = new Set<ChildProcess>();
afterAll(() => {
  for (const child of running) child.kill("SIGKILL");
});

async function serve(cwd: string, flags: string[] = [], more: Record<string, string> = {}): Promise<Served> {
  const ui = makeFolder();
  mkdirSync(join(ui, "assets"));
  for (const [name, text] of Object.entries(pages)) writeFileSync(join(ui, name), text);
  const env = {
    PATH: process.env.PATH ?? "",
    HOME: join(cwd, "..", "nobody"),
    ISOSOPS_HOME: `${cwd}-home`,
    ISOSOPS_PASSPHRASE: passphrase,
    ...more,
  };
  const args = ["org", "serve", "--ui-folder", ui, "--listen", "127.0.0.1:0", "--root", cwd, ...flags];
  const child = spawn(process.execPath, [bin, ...args], { cwd: ui, env, stdio: ["ignore", "ignore", "pipe"] });
  running.add(child);
  let said = "";
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  const [url, link] = await new Promise<[string, string]>((resolve, reject) => {
    child.stderr!.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      const found = /^ {2}(\S+)\/#link=(\S+)$/m.exec(said);
      if (found !== null) resolve([found[1]!, found[2]!]);
    });
    ended.then(() => reject(new Error(said)));
  });
  const ask: Served["ask"] = async (method, path, body, headers = {}) => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, headers: response.headers, value: (await response.json()) as Answer["value"] };
  };
  const port = Number(new URL(url).port);
  const served = { cwd, url, port, child, env, said: () => said, ended, ask, signedIn: {} };
  if (url.startsWith("https")) return served;
  const { headers, value } = await ask("POST", "/api/v1/session", { link }, { origin: url });
  const signedIn = {
    cookie: headers.get("set-cookie")!.split(";")[0]!,
    "x-isosops-csrf": value.csrf,
    origin: url,
  };
  return { ...served, signedIn, ask: (method, path, body, more = signedIn) => ask(method, path, body, more) };
}

function makeRepository(): string {
  const cwd = makeFolder();
  mkdirSync(join(cwd, "manifests"));
  writeFileSync(join(cwd, "cluster.yaml"), clusterYaml());
  writeFileSync(join(cwd, "manifests", "shop.yaml"), shopYaml);
  git(cwd, "init", "--quiet", "--initial-branch=main");
  return cwd;
}

function git(cwd: string, ...args: string[]): void {
  execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@example.org", ...args], { cwd, stdio: "pipe" });
}

async function versionOf({ ask }: Served, path: string): Promise<string> {
  const { status, value } = await ask("GET", `/api/v1/files?path=${encodeURIComponent(path)}`);
  expect(status, value.detail).toBe(200);
  return value.version;
}

const read = (cwd: string, path: string) => readFileSync(join(cwd, path), "utf8");

/** The events of the last run, until it has ended. */
async function follow(served: Served): Promise<Record<string, unknown>[]> {
  const { cookie } = served.signedIn;
  const response = await fetch(`${served.url}/api/v1/org/sops/reencrypt/events`, { headers: { cookie: cookie! } });
  const text = await response.text();
  return [...text.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data!) as Record<string, unknown>);
}

test("from an empty keyring to a confirmed rotation, with files that the real sops opens", {
  timeout: 300_000,
}, async ({ skip }) => {
  const cwd = makeRepository();
  const served = await serve(cwd);
  const { ask, env } = served;
  const post = async (name: string, body?: unknown) => {
    const answer = await ask("POST", `/api/v1/org/sops/${name}`, body);
    expect(answer.status, answer.value.detail).toBeLessThan(300);
    return answer.value;
  };
  expect((await ask("GET", "/api/v1/org/sops/status")).value).toMatchObject({ organisation: { initialized: false } });
  expect((await ask("POST", "/api/v1/org/sops/init", { passphrase: "short" })).status).toBe(422);
  expect(await post("init", { passphrase })).toMatchObject({
    organisation: { initialized: true, protection: "passphrase", generation: 1, keyring: `${cwd}-home/keyring.json` },
  });
  expect((await ask("POST", "/api/v1/org/sops/init", { passphrase })).status).toBe(409);

  const { value: listed } = await ask("GET", "/api/v1/clusters");
  expect(listed).toMatchObject({
    clusters: [
      { path: "cluster.yaml", name: "production", stacks: [{ items: [{ path: "manifests/shop.yaml", marks: [] }] }] },
    ],
  });
  // Marked, and in plain text: refused. Then with what is marked encrypted: both are saved.
  const versions = {
    cluster: await versionOf(served, "cluster.yaml"),
    shop: await versionOf(served, "manifests/shop.yaml"),
  };
  const save = (shop: string) =>
    ask("PUT", "/api/v1/files", {
      files: [
        { path: "cluster.yaml", text: clusterYaml(marks), version: versions.cluster },
        { path: "manifests/shop.yaml", text: shop, version: versions.shop },
      ],
    });
  expect(await save(shopYaml)).toMatchObject({ status: 422, value: { code: "plaintext" } });
  expect([read(cwd, "cluster.yaml"), read(cwd, "manifests/shop.yaml")]).toEqual([clusterYaml(), shopYaml]);
  const encrypted = await post("encrypt", { yaml_content: shopYaml, encrypted_paths: ["password"] });
  const saved = await save(encrypted.encrypted_yaml);
  expect(saved).toMatchObject({ status: 200, value: { warnings: [] } });
  expect(read(cwd, "manifests/shop.yaml")).toBe(encrypted.encrypted_yaml);
  expect(read(cwd, "cluster.yaml")).toBe(clusterYaml(marks));
  expect(await isosops(["cluster", "lint"], { cwd, env })).toMatchObject({ exit: 0 });
  git(cwd, "add", ".");
  git(cwd, "commit", "--quiet", "--message", "one");
  git(cwd, "branch", "other");

  const keyOf = async () => /^AGE-SECRET-KEY-1\S+$/m.exec((await isosops(["org", "export"], { cwd, env })).stdout)![0];
  const opens = async () => {
    const options = { cwd, env: { ...env, SOPS_AGE_KEY: await keyOf() }, encoding: "utf8" } as const;
    for (const { path } of tools.findSops()) {
      expect(execFileSync(path, ["-d", "manifests/shop.yaml"], options)).toContain("password: hunter2");
    }
  };
  await opens();

  expect((await ask("POST", "/api/v1/org/sops/reencrypt", {})).status).toBe(409);
  const rotated = await post("rotate");
  const status = await ask("GET", "/api/v1/org/sops/status");
  expect(status.value.files).toContainEqual({ path: "manifests/shop.yaml", state: "previous", problem: null });
  // Given out a moment ago, and on two branches.
  expect(await ask("GET", "/api/v1/org/sops/blockers")).toMatchObject({
    value: { confirmable: false, reason: expect.stringContaining("org reencrypt") },
  });
  await post("reencrypt", {});
  const events = await follow(served);
  expect(events[0]).toMatchObject({ kind: "begun", of: 1 });
  expect(events.filter(({ kind }) => kind === "file")).toEqual([
    { kind: "file", path: "manifests/shop.yaml", outcome: "done", done: 1, of: 1 },
  ]);
  expect(events.at(-1)).toMatchObject({ kind: "ended", done: 1, failed: [], error: null });
  git(cwd, "commit", "--quiet", "--all", "--message", "two");
  const refused = await ask("POST", "/api/v1/org/sops/confirm", { gone: ["server"] });
  expect(refused).toMatchObject({ status: 409, value: { code: "in_use" } });
  expect(refused.value.files).toEqual([
    { path: "manifests/shop.yaml", problem: expect.stringContaining("on the branch other") },
  ]);
  const ended = await post("confirm", { gone: ["server"], except_refs: ["other"] });
  expect(ended).toMatchObject({ organisation: { previous_age_public_key: null, generation: 3 } });
  expect(ended.organisation.age_public_key).toBe(rotated.organisation.age_public_key);
  await opens();
  const history = (await ask("GET", "/api/v1/org/sops/history")).value as {
    events: { action: string }[];
    log: { actor: string }[];
  };
  expect(history.events.map(({ action }) => action)).toEqual(["init", "rotate", "confirm"]);
  expect(history.log[0]!.actor).toMatch(/^administrator by link 1, /);

  await post("disable");
  const plain = await ask("PUT", "/api/v1/files", {
    files: [{ path: "manifests/shop.yaml", text: shopYaml, version: await versionOf(served, "manifests/shop.yaml") }],
  });
  expect(plain.status).toBe(200);
  expect(plain.value.warnings).toEqual([expect.stringContaining("Encryption is disabled")]);

  const version = await versionOf(served, "cluster.yaml");
  const switched = await ask("PUT", "/api/v1/clusters/decryption", { path: "cluster.yaml", decryption: true, version });
  const now = await versionOf(served, "cluster.yaml");
  expect(switched).toMatchObject({ status: 200, value: { decryption: true, version: now } });
  expect(read(cwd, "cluster.yaml")).toMatch(/sops:\n {4}decryption: true/);
  expect(
    await ask("PUT", "/api/v1/clusters/decryption", { path: "cluster.yaml", decryption: false, version }),
  ).toMatchObject({ status: 409, value: { changed: [{ path: "cluster.yaml" }] } });
  const argocd = await ask("GET", "/api/v1/clusters/argocd?path=cluster.yaml");
  expect(argocd.value).toMatchObject({ problem: null, settings: expect.stringContaining("kind: ConfigMap") });
  expect(JSON.stringify(argocd.value)).not.toContain("AGE-SECRET-KEY");
  const doctor = await ask("GET", "/api/v1/clusters/doctor?path=cluster.yaml");
  expect(doctor.value.findings).toContainEqual(expect.objectContaining({ rule: "marks", level: "error" }));

  served.child.kill("SIGTERM");
  expect(await served.ended).toBe(0);
  for (const secret of [passphrase, "hunter2", await keyOf(), served.signedIn.cookie!.split("=")[1]!]) {
    expect(served.said()).not.toContain(secret);
  }
  skip(sops === undefined, noSops);
});

describe("one server", () => {
  let served: Served;
  let outside: string;
  beforeAll(async () => {
    const cwd = makeRepository();
    outside = makeFolder({ "outside.yaml": "password: outside\n" });
    symlinkSync(join(outside, "outside.yaml"), join(cwd, "manifests", "link.yaml"));
    symlinkSync(outside, join(cwd, "linked"));
    symlinkSync(join(outside, "new.yaml"), join(cwd, "manifests", "dangling.yaml"));
    symlinkSync("../.git/config.yaml", join(cwd, "manifests", "into-git.yaml"));
    symlinkSync("shop.yaml", join(cwd, "manifests", "alias.yaml"));
    writeFileSync(join(cwd, ".git", "config.yaml"), "a: b\n");
    writeFileSync(join(cwd, "unnamed.yaml"), "password: unnamed\n");
    execFileSync("mkfifo", [join(cwd, "manifests", "pipe.yaml")]);
    mkdirSync(join(cwd, "manifests", "folder.yaml"));
    const named = ["link", "dangling", "into-git", "pipe", "folder", "alias", "gone"].map(
      (name) => `manifests/${name}.yaml`,
    );
    const more = [...named, "linked/outside.yaml", "../outside.yaml", ".git/config.yaml", "/etc/hosts.yaml"];
    const items = more.map(
      (path, index) => `        - name: m${index}\n          from_file: ${JSON.stringify(path)}\n`,
    );
    writeFileSync(join(cwd, "cluster.yaml"), clusterYaml() + items.join(""));
    served = await serve(cwd, ["--audit-log", join(outside, "audit.log")]);
  });

  test("serves the pages, with the policy of the page itself", async () => {
    const index = await fetch(`${served.url}/`);
    expect(await index.text()).toBe(pages["index.html"]);
    expect(Object.fromEntries(index.headers)).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": `${policy}; frame-ancestors 'none'`,
      "cache-control": "no-store",
      "x-frame-options": "DENY",
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-resource-policy": "same-origin",
    });
    const asset = await fetch(`${served.url}/assets/main-1a2b3c4d.js`);
    expect(asset.headers.get("cache-control")).toContain("immutable");
    expect((await fetch(`${served.url}/service-worker.js`)).headers.get("cache-control")).toBe("no-cache");
    for (const path of [
      "/package.json",
      "/../token.txt",
      "/%2e%2e/token.txt",
      "/assets/",
      "/constructor",
      "//etc/passwd",
    ]) {
      expect((await fetch(`${served.url}${path}`)).status, path).toBe(401);
    }
    expect((await fetch(`${served.url}/`, { method: "POST" })).status).toBe(405);
  });

  const escapes = [
    "../outside.yaml",
    "manifests/../../outside.yaml",
    "manifests/../cluster.yaml",
    "./cluster.yaml",
    "%2e%2e/outside.yaml",
    "..%2foutside.yaml",
    "..\\outside.yaml",
    "manifests\\shop.yaml",
    "/etc/hosts.yaml",
    "//etc/hosts.yaml",
    "C:/x.yaml",
    "c:x.yaml",
    "cluster.yaml\0.png",
    "cluster.yaml\u0000",
    "manifests/shop.yaml:stream.yaml",
    "manifests//shop.yaml",
    "manifests/",
    "",
    ".",
    ".git/config.yaml",
    ".GIT/config.yaml",
    ".g\u200cit/config.yaml",
    "git~1/config.yaml",
    "manifests/.git/x.yaml",
    ".github/workflows/ci.yaml",
    ".sops.yaml",
    "manifests./shop.yaml",
    "manifests/shop.yaml ",
    "con.yaml",
    "manifests/NUL.yaml",
    "aux/x.yaml",
    "com1.yaml",
    "manifests/link.yaml",
    "linked/outside.yaml",
    "linked/new.yaml",
    "manifests/dangling.yaml",
    "manifests/into-git.yaml",
    "manifests/pipe.yaml",
    "manifests/folder.yaml",
    "manifests/shop.yaml/x.yaml",
    "node_modules/a/x.yaml",
    "cluster.yaml.sh",
    "\ud800.yaml",
    "\u202elmay.yaml",
    `${"a/".repeat(600)}x.yaml`,
    `${"a".repeat(300)}.yaml`,
  ];

  test.each(escapes)("%j is neither read nor written", async (path) => {
    const before = readdirSync(outside).sort();
    const found = await served.ask(
      "GET",
      `/api/v1/files?path=${encodeURIComponent(path.replaceAll("\ud800", "\ufffd"))}`,
    );
    // No name is decoded twice: `%2e` is one of a file that is not there.
    const status = path.startsWith("%") ? 404 : 422;
    expect(found.status, found.value.detail).toBe(status);
    expect(found.value.detail).not.toContain("outside\n");
    const saved = await served.ask("PUT", "/api/v1/files", { files: [{ path, text: "a: b\n", version: null }] });
    expect(saved.status, saved.value.detail).toBe(status);
    expect(readdirSync(outside).sort()).toEqual(before);
    expect(read(outside, "outside.yaml")).toBe("password: outside\n");
    expect(read(served.cwd, "cluster.yaml")).toContain("ImportCluster");
  });

  test("what no cluster file names is not served, and what one names is told of", async () => {
    for (const path of ["unnamed.yaml", "new.yaml"]) {
      expect((await served.ask("GET", `/api/v1/files?path=${path}`)).status).toBe(404);
      const file = { path, text: "a: b\n", version: null };
      expect((await served.ask("PUT", "/api/v1/files", { files: [file] })).status).toBe(404);
    }
    const { value } = await served.ask("GET", "/api/v1/clusters");
    const [{ stacks }] = value.clusters as unknown as [
      { stacks: { items: { path: string | null; problem: string | null }[] }[] },
    ];
    const items = stacks[0]!.items;
    expect(items.filter(({ path }) => path !== null).map(({ path }) => path)).toEqual([
      "manifests/shop.yaml",
      // A link that stays within is the file itself.
      "manifests/shop.yaml",
      "manifests/gone.yaml",
    ]);
    for (const { path, problem } of items) expect(path === null).toBe(problem !== null);
    const missing = await served.ask("GET", "/api/v1/files?path=manifests/gone.yaml");
    expect(missing).toMatchObject({ status: 404, value: { detail: expect.stringContaining("there is no such file") } });
    // A pipe is waited for by nobody, neither here nor by commands.
    const lint = await isosops(["cluster", "lint"], { cwd: served.cwd, env: served.env });
    expect(lint.stdout).toContain("manifests/pipe.yaml: the file cannot be read: it is neither a file nor a folder");
    expect((await served.ask("GET", "/api/v1/clusters/doctor?path=cluster.yaml")).status).toBe(200);
    // And one file by two names is one file.
    const version = await versionOf(served, "manifests/shop.yaml");
    const twice = ["manifests/shop.yaml", "manifests/alias.yaml"].map((path) => ({ path, text: shopYaml, version }));
    expect((await served.ask("PUT", "/api/v1/files", { files: twice })).status).toBe(422);
  });

  test("a link that led out is no problem once it is gone", async () => {
    const cwd = makeRepository();
    const shop = join(cwd, "manifests", "shop.yaml");
    rmSync(shop);
    symlinkSync(join(outside, "outside.yaml"), shop);
    const other = await serve(cwd);
    const item = async () => (await other.ask("GET", "/api/v1/clusters")).value.clusters[0].stacks[0].items[0];
    expect(await item()).toMatchObject({ path: null, problem: expect.stringContaining("leads out of") });
    rmSync(shop);
    writeFileSync(shop, shopYaml);
    expect(await item()).toMatchObject({ path: "manifests/shop.yaml", problem: null });
    other.child.kill("SIGTERM");
    await other.ended;
  });

  test("a cluster file may not be made invalid, nor bring in what is not served", async () => {
    const version = await versionOf(served, "cluster.yaml");
    for (const text of ["kind: Other\n", "kind: [ImportCluster", ""]) {
      expect(
        (await served.ask("PUT", "/api/v1/files", { files: [{ path: "cluster.yaml", text, version }] })).status,
      ).toBe(422);
    }
    const reaching = clusterYaml().replace("manifests/shop.yaml", "linked/outside.yaml");
    const files = [
      { path: "new/cluster.yaml", text: reaching, version: null },
      { path: "linked/outside.yaml", text: "a: b\n", version: null },
    ];
    expect((await served.ask("PUT", "/api/v1/files", { files })).status).toBe(422);
    expect(existsSync(join(served.cwd, "new"))).toBe(false);
  });

  test("a cluster file that names one file so often that nobody else would be answered is not saved", async () => {
    const item = "        - name: shop\n          from_file: manifests/shop.yaml\n";
    for (const text of [clusterYaml() + item.repeat(6000), clusterYaml() + item.repeat(4)]) {
      const files = [
        { path: "cluster.yaml", text, version: await versionOf(served, "cluster.yaml") },
        {
          path: "manifests/shop.yaml",
          text: `${shopYaml}${"# x\n".repeat(1_000_000)}`,
          version: await versionOf(served, "manifests/shop.yaml"),
        },
      ];
      expect(await served.ask("PUT", "/api/v1/files", { files })).toMatchObject({
        status: 413,
        value: { detail: expect.stringContaining("before it saves") },
      });
    }
  });

  test("a save whose check takes long is given up, and the server goes on", async () => {
    const other = await serve(makeRepository(), ["--limit", "seconds=1"]);
    // The list is read for each of both, and takes a thread many times as long as it may.
    const twice = `${clusterYaml()}        - name: second\n          from_file: manifests/shop.yaml\n`;
    const list = `${shopYaml}list:\n${"  - a: b\n".repeat(900_000)}`;
    const before = ["cluster.yaml", "manifests/shop.yaml"].map((path) => read(other.cwd, path));
    const files = [
      { path: "cluster.yaml", text: twice, version: await versionOf(other, "cluster.yaml") },
      { path: "manifests/shop.yaml", text: list, version: await versionOf(other, "manifests/shop.yaml") },
    ];
    expect(await other.ask("PUT", "/api/v1/files", { files })).toMatchObject({
      status: 422,
      value: { detail: expect.stringContaining("longer to check than the 1 seconds") },
    });
    expect(["cluster.yaml", "manifests/shop.yaml"].map((path) => read(other.cwd, path))).toEqual(before);
    await other.ask("POST", "/api/v1/org/sops/init", { passphrase });
    // What a thread finds is as if it were found at once.
    const save = async (path: string, text: string) => {
      const one = { path, text: `${text}# ${"x".repeat(100_000)}\n`, version: await versionOf(other, path) };
      return other.ask("PUT", "/api/v1/files", { files: [one] });
    };
    expect(await save("cluster.yaml", clusterYaml(marks))).toMatchObject({ status: 200 });
    expect(await save("manifests/shop.yaml", shopYaml)).toMatchObject({ status: 422, value: { code: "plaintext" } });
    other.child.kill("SIGTERM");
    await other.ended;
  });

  test("a new cluster file with a new file that it names", async () => {
    const files = [
      { path: "second/manifests/shop.yaml", text: shopYaml, version: null },
      { path: "second/cluster.yaml", text: clusterYaml(), version: null },
    ];
    expect((await served.ask("PUT", "/api/v1/files", { files })).status).toBe(200);
    expect(read(served.cwd, "second/manifests/shop.yaml")).toBe(shopYaml);
    const again = await served.ask("PUT", "/api/v1/files", { files });
    expect(again).toMatchObject({ status: 409, value: { code: "changed" } });
    rmSync(join(served.cwd, "second"), { recursive: true });
  });

  test("of two who save at once, one is told of the other, and the pair is of one of them", async () => {
    for (let round = 0; round < 5; round++) {
      const versions = [await versionOf(served, "cluster.yaml"), await versionOf(served, "manifests/shop.yaml")];
      const base = read(served.cwd, "cluster.yaml").replace(/\n# \d+-\d+\n$/, "\n");
      const save = (who: number) =>
        served.ask("PUT", "/api/v1/files", {
          files: [
            { path: "cluster.yaml", text: `${base.trimEnd()}\n# ${round}-${who}\n`, version: versions[0] },
            { path: "manifests/shop.yaml", text: `${shopYaml}# ${round}-${who}\n`, version: versions[1] },
          ],
        });
      const answers = await Promise.all([save(1), save(2), save(3)]);
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
      const refused = answers.find(({ status }) => status === 409)!;
      expect((refused.value.changed as { path: string }[]).map(({ path }) => path)).toEqual([
        "cluster.yaml",
        "manifests/shop.yaml",
      ]);
      const winner = answers.findIndex(({ status }) => status === 200) + 1;
      for (const path of ["cluster.yaml", "manifests/shop.yaml"]) {
        expect(read(served.cwd, path)).toMatch(new RegExp(`# ${round}-${winner}\n$`));
      }
    }
  });

  test("a version that is old in one file keeps the other from being written", async () => {
    const [cluster, shop] = [await versionOf(served, "cluster.yaml"), "0".repeat(64)];
    const before = [read(served.cwd, "cluster.yaml"), read(served.cwd, "manifests/shop.yaml")];
    const answer = await served.ask("PUT", "/api/v1/files", {
      files: [
        { path: "cluster.yaml", text: `${before[0]}# more\n`, version: cluster },
        { path: "manifests/shop.yaml", text: shopYaml, version: shop },
      ],
    });
    expect(answer).toMatchObject({
      status: 409,
      value: { changed: [{ path: "manifests/shop.yaml", version: await versionOf(served, "manifests/shop.yaml") }] },
    });
    expect([read(served.cwd, "cluster.yaml"), read(served.cwd, "manifests/shop.yaml")]).toEqual(before);
  });

  test("huge bodies, slow ones and half of one keep nobody waiting", async () => {
    const path = "/api/v1/files";
    const head = (length: number) =>
      `PUT ${path} HTTP/1.1\r\nhost: 127.0.0.1:${served.port}\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n${Object.entries(
        served.signedIn,
      )
        .map(([name, value]) => `${name}: ${value}\r\n`)
        .join("")}\r\n`;
    const sockets = Array.from({ length: 30 }, (_, index) => {
      const socket = connect(served.port, "127.0.0.1", () =>
        socket.write(`${head(1000)}{"files": [${" ".repeat(index)}`),
      );
      return socket.on("error", () => {});
    });
    // Whoever still sends when the answer has come may see the connection closed.
    const large = { files: [{ path: "cluster.yaml", text: "x".repeat(11 * 1024 * 1024), version: null }] };
    expect([413, undefined]).toContain((await served.ask("PUT", path, large).catch(() => undefined))?.status);
    expect((await served.ask("GET", "/api/v1/clusters")).status).toBe(200);
    const many = Array.from({ length: 101 }, () => ({ path: "cluster.yaml", text: "", version: null }));
    expect((await served.ask("PUT", path, { files: many })).status).toBe(413);
    for (const socket of sockets) socket.destroy();
  });

  test("the log of who did what is readable for its owner alone, and has no secret in it", async () => {
    const log = read(outside, "audit.log")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(statSync(join(outside, "audit.log")).mode & 0o777).toBe(0o600);
    expect(log).toContainEqual(
      expect.objectContaining({
        phase: "ended",
        action: "saveFiles",
        actor: "administrator by link 1",
        address: "127.0.0.1",
        paths: ["second/manifests/shop.yaml", "second/cluster.yaml"],
        status: 200,
      }),
    );
    const text = read(outside, "audit.log") + served.said();
    for (const secret of [
      passphrase,
      "hunter2",
      served.signedIn.cookie!.split("=")[1]!,
      served.signedIn["x-isosops-csrf"]!,
    ]) {
      expect(text).not.toContain(secret);
    }
  });
});

test("tokens of files: a name and a role each", async () => {
  const cwd = makeRepository();
  const tokens = makeFolder({
    viewers: "# those who look\nann ann-has-a-long-token\n\nbob-has-a-long-token\n",
    editors: "carl carl-has-a-long-token\n",
    same: "dora ann-has-a-long-token\n",
    three: "a b c\n",
    empty: "# nobody\n",
  });
  const audit = join(tokens, "audit.log");
  const flags = [
    "--token-file",
    `viewer=${tokens}/viewers`,
    "--token-file",
    `editor=${tokens}/editors`,
    "--audit-log",
    audit,
  ];
  const served = await serve(cwd, flags);
  const as = (token: string) => ({ authorization: `Bearer ${token}` });
  const version = await versionOf(served, "manifests/shop.yaml");
  const body = { files: [{ path: "manifests/shop.yaml", text: `${shopYaml}# x\n`, version }] };
  const put = async (token: string) => (await served.ask("PUT", "/api/v1/files", body, as(token))).status;
  expect(await put("ann-has-a-long-token")).toBe(403);
  expect(await put("bob-has-a-long-token")).toBe(403);
  expect(await put("carl-has-a-long-token")).toBe(200);
  expect(readFileSync(audit, "utf8")).toMatch(/"actor":"carl","role":"editor".*"status":200/);
  expect(readFileSync(audit, "utf8")).toContain(`viewer of ${tokens}/viewers, line 4`);
  served.child.kill();
  for (const [file, said] of [
    ["viewer=same", "this token is given twice"],
    ["three", "three, line 1: a token is at least 16"],
    ["empty", "there is no token in it"],
    ["editor=gone", "gone: the token cannot be read"],
  ] as const) {
    const path = file.includes("=") ? file.replace("=", `=${tokens}/`) : `${tokens}/${file}`;
    const error = (await serve(cwd, [...flags, "--token-file", path]).catch((reason: unknown) => reason)) as Error;
    expect(error.message).toContain(said);
    expect(error.message).not.toContain("long-token");
  }
});

describe("TLS", () => {
  const folder = mkdtempSync(join(tmpdir(), "isosops-tls-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const make = (name: string) => {
    const files = ["-keyout", join(folder, `${name}.key`), "-out", join(folder, `${name}.crt`)];
    const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"];
    const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];
    execFileSync("openssl", ["req", "-x509", "-nodes", "-days", "2", ...curve, ...files, ...subject], {
      stdio: "pipe",
    });
    return ["--tls-cert", join(folder, `${name}.crt`), "--tls-key", join(folder, `${name}.key`)];
  };

  test("encrypts the connection, and the cookie is for it alone", async () => {
    const served = await serve(makeRepository(), make("own"));
    expect(served.url).toMatch(/^https:/);
    const link = /#link=(\S+)/.exec(served.said())![1];
    const ca = readFileSync(join(folder, "own.crt"));
    const signIn = (headers: Record<string, string>) =>
      new Promise<{ status: number; cookie: string | undefined }>((resolve, reject) => {
        const options = { method: "POST", ca, headers: { "content-type": "application/json", ...headers } };
        const request = httpsRequest(`${served.url}/api/v1/session`, options, (response) => {
          response.resume();
          resolve({ status: response.statusCode!, cookie: response.headers["set-cookie"]?.[0] });
        });
        request.on("error", reject).end(JSON.stringify({ link }));
      });
    // The same host without TLS is another site.
    expect(await signIn({ origin: served.url.replace("https", "http") })).toMatchObject({ status: 403 });
    const signed = await signIn({ origin: served.url });
    expect(signed.status).toBe(200);
    expect(signed.cookie).toMatch(/^__Host-isosops=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Secure$/);
    const old = ["s_client", "-connect", `127.0.0.1:${served.port}`, "-tls1_1"];
    expect(() => execFileSync("openssl", old, { stdio: ["ignore", "pipe", "pipe"] })).toThrow();
    served.child.kill();
  });

  test("lets other machines in, who are refused without", async () => {
    const served = await serve(makeRepository(), ["--listen", "0.0.0.0:0", ...make("remote")]);
    expect(served.said()).not.toContain("warning: anyone");
    expect(served.url).toMatch(/^https:\/\/localhost:/);
    served.child.kill();
    const error = (await serve(makeRepository(), ["--listen", "0.0.0.0:0"]).catch(
      (reason: unknown) => reason,
    )) as Error;
    expect(error.message).toContain("--tls-cert");
  });

  test("certificates and keys that do not fit", async () => {
    const [certFlag, cert, keyFlag, key] = make("one") as [string, string, string, string];
    const [, other] = make("two") as [string, string];
    writeFileSync(join(folder, "text"), "no certificate, but secret");
    for (const [flags, said] of [
      [[certFlag, cert], "belong together"],
      [[certFlag, other, keyFlag, key], "not the private key of"],
      [[certFlag, join(folder, "text"), keyFlag, key], "no certificate in PEM"],
      [[certFlag, cert, keyFlag, join(folder, "text")], "no private key in PEM"],
      [[certFlag, join(folder, "gone"), keyFlag, key], "cannot be read"],
    ] as const) {
      const error = (await serve(makeRepository(), [...flags]).catch((reason: unknown) => reason)) as Error;
      expect(error.message).toContain(said);
      expect(error.message).not.toContain("but secret");
    }
  });
});

test("flags that have no effect without the pages, or a folder without pages", async () => {
  const cwd = makeFolder();
  const env = { ISOSOPS_HOME: join(cwd, "home") };
  for (const [flags, said] of [
    [["--root", "."], "--root has no effect without the pages"],
    [["--audit-log", "x"], "--audit-log has no effect"],
    [["--ui-folder", "."], "there is no index.html"],
    [["--ui-folder", "gone"], "the pages cannot be read"],
    [["--ui", "--root", "gone"], "--root gone"],
    [["--ui", "--audit-log", "gone/x"], "--audit-log gone/x: the file cannot be written"],
  ] as const) {
    const outcome = await isosops(["org", "serve", "--listen", "127.0.0.1:0", ...flags], { cwd, env });
    expect(outcome.exit).not.toBe(0);
    expect(outcome.stderr).toContain(said);
  }
});

test("a follower that goes away, or stays to the end, keeps the server from nothing", async () => {
  const cwd = makeRepository();
  const served = await serve(cwd);
  await served.ask("POST", "/api/v1/org/sops/init", { passphrase });
  await served.ask("POST", "/api/v1/org/sops/rotate");
  for (let index = 0; index < 300; index++) {
    const text = `a: plain\nsops:\n  age: []\n${"# x\n".repeat(5)}`;
    writeFileSync(join(cwd, `f${index}.yaml`), text);
  }
  await served.ask("POST", "/api/v1/org/sops/reencrypt", {});
  const head = `GET /api/v1/org/sops/reencrypt/events HTTP/1.1\r\nhost: 127.0.0.1:${served.port}\r\ncookie: ${served.signedIn.cookie}\r\n\r\n`;
  const sockets = Array.from({ length: 60 }, (_, index) => {
    const socket = connect({ port: served.port, host: "127.0.0.1", allowHalfOpen: true }, () => {
      socket.write(head);
      if (index % 3 === 0) socket.end();
      if (index % 3 === 1) socket.destroy();
    });
    return socket.on("error", () => {});
  });
  const events = await follow(served);
  expect(events.at(-1)).toMatchObject({ kind: "ended", error: null });
  expect((await served.ask("GET", "/api/v1/clusters")).status).toBe(200);
  served.child.kill("SIGTERM");
  expect(await served.ended).toBe(0);
  for (const socket of sockets) socket.destroy();
});

describe("files that are written together", () => {
  test("are as before where one of them cannot be written", async () => {
    const folder = makeFolder({ "a.yaml": "old a", file: "no folder" });
    const encode = (text: string) => new TextEncoder().encode(text);
    const journal = join(folder, "journal", "one.json");
    const changes = [
      { path: join(folder, "a.yaml"), before: encode("old a"), after: encode("new a") },
      { path: join(folder, "b.yaml"), before: undefined, after: encode("new b") },
      { path: join(folder, "file", "c.yaml"), before: undefined, after: encode("new c") },
    ];
    await expect(writeTogether(journal, changes)).rejects.toThrow(/c\.yaml: the file cannot be written/);
    expect(readFileSync(join(folder, "a.yaml"), "utf8")).toBe("old a");
    expect(existsSync(join(folder, "b.yaml"))).toBe(false);
    expect(existsSync(journal)).toBe(false);
    await writeTogether(journal, changes.slice(0, 2));
    expect(readFileSync(join(folder, "b.yaml"), "utf8")).toBe("new b");
    expect(await finishWriting(journal)).toBeUndefined();
  });

  test("are all old or all new after the server was killed at any moment", { timeout: 300_000 }, async ({ skip }) => {
    const cwd = makeFolder();
    const names = Array.from({ length: 30 }, (_, index) => `m${index}.yaml`);
    const items = names.map((name) => `        - name: ${name}\n          from_file: ${name}\n`).join("");
    const [start] = clusterYaml().split("        - name");
    const textOf = (name: string, count: number) =>
      name === "cluster.yaml" ? `${start}${items}# ${count}\n` : `a: b\n# ${count}\n`;
    const all = [...names, "cluster.yaml"];
    for (const name of all) writeFileSync(join(cwd, name), textOf(name, 0));
    const digest = (name: string) => createHash("sha256").update(read(cwd, name)).digest("hex");
    const numbers = () => new Set(all.map((name) => /^# (\d+)\n$/m.exec(read(cwd, name))?.[1]));
    // Until a kill has left a half that the next start has finished.
    let cut = 0;
    for (let round = 0; cut < 2 && round < 60; round++) {
      const served = await serve(cwd);
      expect(numbers().size).toBe(1);
      let count = Number([...numbers()][0]);
      let isKilled = false;
      const kill = setTimeout(
        () => {
          isKilled = true;
          served.child.kill("SIGKILL");
        },
        50 + ((round * 37) % 200),
      );
      while (!isKilled) {
        count++;
        const files = all.map((path) => ({ path, text: textOf(path, count), version: digest(path) }));
        try {
          expect((await served.ask("PUT", "/api/v1/files", { files })).status).toBe(200);
        } catch (error) {
          if (!isKilled) throw error;
        }
      }
      clearTimeout(kill);
      await served.ended;
      // Each is whole in any case.
      for (const name of all) expect([textOf(name, count - 1), textOf(name, count)]).toContain(read(cwd, name));
      if (numbers().size === 1) continue;
      cut++;
      const next = await serve(cwd);
      expect(numbers()).toEqual(new Set([String(count)]));
      expect(next.said()).toContain("that is finished now");
      expect(readdirSync(join(`${cwd}-home`, "unfinished"))).toEqual([]);
      next.child.kill("SIGKILL");
      await next.ended;
    }
    skip(cut === 0, "no kill has left a half");
  });

  test("are finished before a server is asked, and before it saves others", async () => {
    const cwd = makeRepository();
    const folder = createHash("sha256").update(realpathSync(cwd)).digest("hex").slice(0, 32);
    const unfinished = join(`${cwd}-home`, "unfinished");
    mkdirSync(unfinished, { recursive: true });
    const leave = (path: string, text: string) =>
      writeFileSync(
        join(unfinished, `${folder}.json`),
        JSON.stringify([{ path: join(cwd, path), before: null, after: Buffer.from(text).toString("base64") }]),
      );
    leave("manifests/shop.yaml/x.yaml", "x");
    const error = (await serve(cwd).catch((reason: unknown) => reason)) as Error;
    expect(error.message).toMatch(/cannot be finished: .*x\.yaml: the file cannot be written.* remove .*unfinished/);
    leave("first.yaml", "one");
    const served = await serve(cwd);
    expect(read(cwd, "first.yaml")).toBe("one");
    expect(served.said()).toContain("that is finished now");
    leave("second.yaml", "two");
    const files = [];
    for (const path of ["cluster.yaml", "manifests/shop.yaml"]) {
      files.push({ path, text: `${read(cwd, path)}# x\n`, version: await versionOf(served, path) });
    }
    expect((await served.ask("PUT", "/api/v1/files", { files })).status).toBe(200);
    expect(read(cwd, "second.yaml")).toBe("two");
    expect(read(cwd, "cluster.yaml")).toBe(files[0]!.text);
    expect(readdirSync(unfinished)).toEqual([]);
    served.child.kill("SIGTERM");
    await served.ended;
  });

  test("are finished from what a killed process has left, but for what somebody changed since", async () => {
    const folder = makeFolder({ "a.yaml": "new a", "b.yaml": "old b", "c.yaml": "somebody's", journal: "" });
    const base64 = (text: string) => Buffer.from(text).toString("base64");
    const entry = (name: string, before: string | null) => ({
      path: join(folder, `${name}.yaml`),
      before: before === null ? null : base64(before),
      after: base64(`new ${name}`),
    });
    const journal = join(folder, "journal");
    writeFileSync(
      journal,
      JSON.stringify([entry("a", "old a"), entry("b", "old b"), entry("c", "old c"), entry("d", null)]),
    );
    expect(await finishWriting(journal)).toMatchObject({ changed: [join(folder, "c.yaml")] });
    const texts = ["a", "b", "c", "d"].map((name) => readFileSync(join(folder, `${name}.yaml`), "utf8"));
    expect(texts).toEqual(["new a", "new b", "somebody's", "new d"]);
    expect(existsSync(journal)).toBe(false);
  });
});
