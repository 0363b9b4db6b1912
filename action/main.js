/**
 * The GitHub Action: runs the command on what a workflow has checked out. Inputs and events are those of the runner:
 * https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
 */
import { spawnSync } from "node:child_process";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Beside this file in a release; in the repository, what the build makes. */
const bundle = [
  new URL("isosops/bin/isosops.cjs", import.meta.url),
  new URL("../packages/cli/bin/isosops.cjs", import.meta.url),
]
  .map((url) => fileURLToPath(url))
  .find((path) => existsSync(path));
/** Finds the comment of an earlier run. */
const marker = "<!-- isosops: masked diff -->";
const checks = new Set(input("checks", "verify diff merge").split(/[\s,]+/));
const ageKey = input("age-key");
let failed = false;

for (const line of ageKey.split("\n").filter((text) => text.trim() !== "")) command("add-mask", {}, line);
for (const name of checks) {
  if (!["verify", "diff", "merge", ""].includes(name)) fail(`checks: ${name} is no check. Give verify, diff or merge.`);
}
const sides = readSides();
if (checks.has("verify")) verify();
if (checks.has("diff")) await diff();
if (checks.has("merge")) merge();
process.exitCode = failed ? 1 : 0;

/** Each finding is an annotation of its line. */
function verify() {
  const paths = input("paths", ".")
    .split("\n")
    .filter((path) => path.trim() !== "");
  const { stdout, stderr, status } = isosops(["verify", "--json", "--", ...paths]);
  let report;
  try {
    report = JSON.parse(stdout);
  } catch {
    return fail(`verify: ${stderr}`);
  }
  for (const { file, rule, level, message, line, column } of report.findings) {
    command(level, { file, line, col: column, title: `isosops: ${rule}` }, message);
  }
  for (const message of report.failures) command("error", { title: "isosops" }, message);
  const { checked, encrypted } = report.files;
  summary(
    `### Encrypted files\n\n${checked} files checked, ${encrypted} of them encrypted: ${report.findings.length} findings.\n`,
  );
  if (status !== 0) failed = true;
}

/** What has changed, without a value, in the summary, and in a comment on the pull request. */
async function diff() {
  if (sides === undefined) return console.log("diff: the event has no two sides to compare.");
  const range = sides.number === undefined ? [`${sides.base}..${sides.head}`] : [`${sides.base}...${sides.head}`];
  const json = isosops(["diff", "--json", ...range]);
  if (json.stdout === "") return fail(`diff: ${json.stderr}`);
  const { files } = JSON.parse(json.stdout);
  output("changed", String(files.length));
  const text = `### What changes in encrypted files\n\n${isosops(["diff", "--markdown", ...range]).stdout}`;
  summary(text);
  for (const { file, changes = [], encrypted, error } of files) {
    const isPlain = encrypted?.before === true && encrypted.after === false;
    if (isPlain || changes.some(({ exposed }) => exposed)) {
      command("error", { file, title: "isosops" }, "What was encrypted is in plain text now.");
      failed = true;
    }
    if (error !== undefined) command("warning", { file, title: "isosops" }, error);
  }
  if (input("token") !== "" && sides.number !== undefined) {
    try {
      await comment(text, files.length);
    } catch (error) {
      // A pull request from a fork has a token that may not write.
      command("warning", { title: "isosops" }, `The comment could not be written: ${error.message}`);
    }
  }
}

/** Writes the comment, or brings that of an earlier run up to date. Without changes, there is none at first. */
async function comment(text, changed) {
  const issue = `/repos/${process.env.GITHUB_REPOSITORY}/issues`;
  const body = { body: `${marker}\n${text}` };
  for (let page = 1; ; page++) {
    const comments = await api("GET", `${issue}/${sides.number}/comments?per_page=100&page=${page}`);
    const own = comments.find((one) => one.body?.startsWith(marker));
    if (own !== undefined) return api("PATCH", `${issue}/comments/${own.id}`, body);
    if (comments.length < 100) break;
  }
  if (changed > 0) await api("POST", `${issue}/${sides.number}/comments`, body);
}

async function api(method, path, body) {
  const response = await fetch(`${process.env.GITHUB_API_URL ?? "https://api.github.com"}${path}`, {
    method,
    headers: {
      accept: "application/vnd.github+json",
      authorization: `Bearer ${input("token")}`,
      "user-agent": "isosops",
      "x-github-api-version": "2022-11-28",
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(30_000),
  });
  if (!response.ok) throw new Error(`GitHub answers ${response.status} to ${method} of comments.`);
  return response.json();
}

/** Whether both sides merge, with the merge of values for encrypted files. Nothing is written to the work tree. */
function merge() {
  if (sides?.number === undefined) return console.log("merge: the event is no pull request.");
  const driver = `'${process.execPath}' '${bundle}' git merge-driver %O %A %B %L %P`;
  const args = [
    "-c",
    `merge.isosops.driver=${driver}`,
    "merge-tree",
    "--write-tree",
    "--name-only",
    "-z",
    "--no-messages",
  ];
  const { status, stdout, stderr } = run("git", [...args, sides.base, sides.head]);
  if (status !== 0 && status !== 1) return fail(`merge: ${stderr}`);
  const conflicts =
    status === 0
      ? []
      : stdout
          .split("\0")
          .slice(1)
          .filter((name) => name !== "");
  output("conflicts", conflicts.join("\n"));
  for (const file of conflicts) {
    command(
      "error",
      { file, title: "isosops" },
      "This file does not merge: both sides have changed the same. Merge the base into the branch, and resolve it there: `isosops git resolve`.",
    );
  }
  if (conflicts.length > 0) failed = true;
}

/** The two sides of a pull request, or before and after a push; undefined for other events. */
function readSides() {
  const path = process.env.GITHUB_EVENT_PATH;
  if (path === undefined || !existsSync(path)) return undefined;
  const { pull_request: request, before, after } = JSON.parse(readFileSync(path, "utf8"));
  if (request !== undefined)
    return { base: hash(request.base.sha), head: hash(request.head.sha), number: request.number };
  if (before === undefined || /^0+$/.test(before) || /^0+$/.test(after)) return undefined;
  return { base: hash(before), head: hash(after), number: undefined };
}

/** Nothing else may come between the arguments of a program. */
function hash(text) {
  if (!/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/.test(text)) throw new Error("The event names no commit.");
  return text;
}

function isosops(args) {
  return run(process.execPath, [bundle, ...args]);
}

/** With the key, and without the token, which no other program needs. */
function run(program, args) {
  const env = { ...process.env, NO_COLOR: "1", ...(ageKey === "" ? {} : { SOPS_AGE_KEY: ageKey }) };
  for (const name of ["INPUT_AGE-KEY", "INPUT_TOKEN"]) delete env[name];
  const result = spawnSync(program, args, { env, encoding: "utf8", maxBuffer: 256 * 1024 * 1024 });
  if (result.error !== undefined) throw result.error;
  return result;
}

function input(name, fallback = "") {
  return process.env[`INPUT_${name.toUpperCase()}`]?.trim() || fallback;
}

/** A command for the runner. Values are escaped, so that no file can give one. */
function command(name, properties, message) {
  const escaped = (text) => String(text).replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
  const given = Object.entries(properties)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${escaped(value).replaceAll(":", "%3A").replaceAll(",", "%2C")}`);
  console.log(`::${name}${given.length === 0 ? "" : ` ${given.join(",")}`}::${escaped(message)}`);
}

function fail(message) {
  command("error", { title: "isosops" }, message);
  failed = true;
}

function summary(text) {
  const path = process.env.GITHUB_STEP_SUMMARY;
  if (path !== undefined) appendFileSync(path, `${text}\n`);
}

function output(name, value) {
  const path = process.env.GITHUB_OUTPUT;
  const end = `end-${crypto.randomUUID()}`;
  if (path !== undefined) appendFileSync(path, `${name}<<${end}\n${value}\n${end}\n`);
}
