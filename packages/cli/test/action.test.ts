/** The GitHub Action as the runner starts it: inputs and the event in its environment, GitHub's API at a server of the test. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { holdersOf, makeRepository, type Repository } from "./git-repository.js";
import { first, type Outcome, run, secrets } from "./support.js";

const action = fileURLToPath(new URL("../../../action", import.meta.url));

interface Run extends Outcome {
  summary: string;
  outputs: string;
}

/** Runs the action, as bundled for a release. */
async function runAction(
  { home, cwd, git }: Repository,
  inputs: Record<string, string>,
  sides: { base: string; head: string },
  api?: string,
): Promise<Run> {
  const bundled = join(home, "action");
  if (!existsSync(bundled)) execFileSync(process.execPath, [join(action, "bundle.js"), bundled]);
  const path = (name: string) => join(home, name);
  const sha = (name: string) => git("rev-parse", name).trim();
  const event = { pull_request: { number: 7, base: { sha: sha(sides.base) }, head: { sha: sha(sides.head) } } };
  writeFileSync(path("event.json"), JSON.stringify(event));
  for (const name of ["summary", "outputs"]) writeFileSync(path(name), "");
  const env = {
    HOME: home,
    GIT_CONFIG_GLOBAL: join(home, "gitconfig"),
    GITHUB_EVENT_PATH: path("event.json"),
    GITHUB_STEP_SUMMARY: path("summary"),
    GITHUB_OUTPUT: path("outputs"),
    GITHUB_REPOSITORY: "team/shop",
    ...(api === undefined ? {} : { GITHUB_API_URL: api }),
    ...Object.fromEntries(Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
  };
  const outcome = await run(process.execPath, [join(bundled, "main.js")], { cwd, env });
  return { ...outcome, summary: readFileSync(path("summary"), "utf8"), outputs: readFileSync(path("outputs"), "utf8") };
}

async function withPullRequest(): Promise<Repository> {
  const repository = makeRepository();
  const { write, isosops, commit, git } = repository;
  write(".sops.yaml", `creation_rules:\n- path_regex: ^secrets/\n  age: ${first.recipient}\n`);
  write(".gitattributes", "secrets/** diff=isosops merge=isosops\n");
  write("secrets/a.yaml", `a: ${secrets[0]}\nb: one\n`);
  await isosops("encrypt", "-i", "secrets/a.yaml");
  commit();
  git("switch", "--quiet", "--create", "feature");
  await isosops("set", "secrets/a.yaml", '["a"]', `"${secrets[1]}"`);
  commit();
  return repository;
}

interface Comment {
  id: number;
  body: string;
}

/** GitHub's comments of an issue. */
async function withComments(
  work: (url: string, comments: Comment[], tokens: string[]) => Promise<void>,
): Promise<void> {
  const comments: Comment[] = [{ id: 1, body: "a user's" }];
  const tokens: string[] = [];
  const read = async (request: IncomingMessage): Promise<string> => {
    let text = "";
    for await (const piece of request) text += String(piece);
    return text;
  };
  const server = createServer(async (request, response) => {
    tokens.push(request.headers.authorization ?? "");
    const body = await read(request);
    const { pathname, searchParams } = new URL(request.url!, "http://api");
    const id = /^\/repos\/team\/shop\/issues\/comments\/(\d+)$/.exec(pathname)?.[1];
    let answer: unknown = [];
    if (request.method === "GET" && pathname === "/repos/team/shop/issues/7/comments") {
      answer = searchParams.get("page") === "1" ? comments : [];
    } else if (request.method === "POST" && pathname === "/repos/team/shop/issues/7/comments") {
      comments.push({ id: comments.length + 1, ...(JSON.parse(body) as { body: string }) });
    } else if (request.method === "PATCH" && id !== undefined) {
      Object.assign(comments[Number(id) - 1]!, JSON.parse(body));
    } else response.statusCode = 404;
    response.end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, comments, tokens);
  } finally {
    server.close();
  }
}

test("action.yml names the inputs, with the defaults of the program", () => {
  const { inputs, runs, outputs } = parse(readFileSync(join(action, "action.yml"), "utf8"));
  const program = readFileSync(join(action, "main.js"), "utf8");
  expect(runs).toEqual({ using: "node24", main: "main.js" });
  for (const [name, { default: value = "" }] of Object.entries(inputs as Record<string, { default?: string }>)) {
    expect(program).toContain(value === "" ? `input("${name}")` : `input("${name}", "${value}")`);
  }
  for (const name of Object.keys(outputs)) expect(program).toContain(`output("${name}"`);
});

test("a pull request: a masked diff in the summary and in one comment", async () => {
  const repository = await withPullRequest();
  await withComments(async (url, comments, tokens) => {
    const inputs = { checks: "verify diff", paths: ".", "age-key": first.identity, token: "the-token" };
    const sides = { base: "main", head: "feature" };
    const one = await runAction(repository, inputs, sides, url);
    expect(one).toMatchObject({ exit: 0, stderr: "" });
    expect(one.summary).toMatch(
      /\| changed \| <code>a<\/code> \| <code>[0-9a-f]{8}<\/code> \| <code>[0-9a-f]{8}<\/code> \|/,
    );
    expect(one.outputs).toMatch(/^changed<<(\S+)\n1\n\1\n$/);
    expect(one.stdout).toContain(`::add-mask::${first.identity}`);
    expect(comments).toHaveLength(2);
    expect(comments[1]!.body).toContain("<code>secrets&#47;a&#46;yaml</code>");
    expect(new Set(tokens)).toEqual(new Set(["Bearer the-token"]));
    // A second run does not write a second comment.
    await repository.isosops("set", "secrets/a.yaml", '["c"]', '"new"');
    repository.commit();
    await runAction(repository, inputs, sides, url);
    expect(comments).toHaveLength(2);
    expect(comments[1]!.body).toContain("| added | <code>c</code> |");
    const shown = one.summary + one.outputs + comments.map(({ body }) => body).join();
    for (const text of [...secrets, first.identity, "the-token"]) expect(shown).not.toContain(text);

    // A fork has no key, and its token may not write.
    const fork = await runAction(repository, { ...inputs, "age-key": "" }, sides, `${url}/nowhere`);
    expect(fork.exit).toBe(0);
    expect(fork.stdout).toContain("::warning title=isosops::The comment could not be written: GitHub answers 404");
    expect(fork.summary).toContain("changed or re-encrypted");
  });
});

test("findings are annotations, and no file gives the runner commands", async () => {
  const repository = await withPullRequest();
  const name = "secrets/x,y:\n::set-output name=a::b.yaml";
  repository.write(name, `a: ${secrets[0]}\n`);
  repository.commit();
  const { exit, stdout } = await runAction(repository, { checks: "verify" }, { base: "main", head: "feature" });
  expect(exit).toBe(1);
  expect(stdout).toMatch(
    /^::error file=secrets\/x%2Cy%3A%0A%3A%3Aset-output .*,line=1,col=\d+,title=isosops%3A not-encrypted::/m,
  );
  expect(stdout).not.toMatch(/^::set-output/m);
  expect(stdout).not.toContain(secrets[0]);
  expect((await runAction(repository, { checks: "other" }, { base: "main", head: "feature" })).exit).toBe(1);
});

test("what was encrypted, and is not any more", async () => {
  const repository = await withPullRequest();
  await repository.isosops("decrypt", "-i", "secrets/a.yaml");
  repository.commit();
  const { exit, stdout, summary } = await runAction(repository, { checks: "diff" }, { base: "main", head: "feature" });
  expect(exit).toBe(1);
  expect(stdout).toContain("::error file=secrets/a.yaml,title=isosops::What was encrypted is in plain text now.");
  for (const secret of secrets) expect(stdout + summary).not.toContain(secret);
});

test("the merge check merges values, and names what does not merge", async () => {
  const repository = await withPullRequest();
  const { isosops, commit, git } = repository;
  git("switch", "--quiet", "main");
  await isosops("set", "secrets/a.yaml", '["b"]', '"two"');
  commit();
  const inputs = { checks: "merge", "age-key": first.identity };
  const sides = { base: "main", head: "feature" };
  const merges = await runAction(repository, inputs, sides);
  expect(merges).toMatchObject({ exit: 0, stderr: "", outputs: expect.stringMatching(/^conflicts<<(\S+)\n\n\1\n$/) });
  await isosops("set", "secrets/a.yaml", '["a"]', '"another-secret"');
  commit();
  const before = git("status", "--porcelain");
  const conflicts = await runAction(repository, inputs, sides);
  expect(conflicts.exit).toBe(1);
  expect(conflicts.stdout).toContain("::error file=secrets/a.yaml,title=isosops::This file does not merge");
  expect(conflicts.outputs).toMatch(/^conflicts<<(\S+)\nsecrets\/a\.yaml\n\1\n$/);
  expect(git("status", "--porcelain")).toBe(before);
  expect(holdersOf(repository, [...secrets, "another-secret"])).toEqual([]);
});
