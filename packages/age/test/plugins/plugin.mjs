#!/usr/bin/env node
// A plugin for the tests, which does what AGE_PLUGIN_TEST says: right and wrong things. It wraps a file key by flipping
// its bits. Written from C2SP age-plugin.md, and apart from what it tests.
const mode = process.env.AGE_PLUGIN_TEST ?? "";
const input = process.stdin[Symbol.asyncIterator]();
let held = "";
async function line() {
  for (;;) {
    const end = held.indexOf("\n");
    if (end !== -1) {
      const found = held.slice(0, end);
      held = held.slice(end + 1);
      return found;
    }
    const { value, done } = await input.next();
    if (done) process.exit(0);
    held += value.toString("latin1");
  }
}
async function receive() {
  const [, type, ...args] = (await line()).split(" ");
  let body = "";
  for (let more = "x".repeat(64); more.length === 64; ) body += more = await line();
  return { type, args, body: Buffer.from(body, "base64") };
}
const base64 = (bytes) => Buffer.from(bytes).toString("base64").replace(/=+$/, "");
function send(type, args = [], body = "") {
  const lines = base64(body).match(/.{1,64}/g) ?? [];
  if ((lines.at(-1)?.length ?? 64) === 64) lines.push("");
  process.stdout.write(`${[`-> ${[type, ...args].join(" ")}`, ...lines].join("\n")}\n`);
}
async function ask(type, args, body) {
  send(type, args, body);
  return receive();
}
const flip = (bytes) => Buffer.from(bytes.map((byte) => byte ^ 0xff));

const sent = [];
do sent.push(await receive());
while (sent.at(-1).type !== "done");
const wrapping = process.argv[2] === "--age-plugin=recipient-v1";
const said = [];
if (mode === "exit") process.exit(1);
if (mode === "garbage") process.stdout.write("hello\n");
if (mode === "endless")
  for (;;) if (!process.stdout.write("x".repeat(65536))) await new Promise((go) => process.stdout.once("drain", go));
if (mode === "bad-body") process.stdout.write("-> recipient-stanza 0 test\n!!!!\n");
if (mode === "error") await ask("error", ["internal"], "no device\x1b[31m\nfound");
if (mode === "bad-confirm") await ask("confirm", ["!"], "sure?");
if (mode === "talk") {
  const answers = [
    await ask("grease-1", ["x"], "y".repeat(100)),
    await ask("msg", [], "touch it"),
    await ask("request-public", [], "your name?"),
    await ask("request-secret", [], "your PIN?"),
    await ask("confirm", [base64("go on"), base64("stop")], "sure?"),
    await ask("confirm", [base64("fine")], "and now?"),
  ];
  said.push(answers.map(({ type, args, body }) => [type, ...args, body.toString()].join(":")).join(","));
}
if (wrapping) {
  const { body } = sent.find(({ type }) => type === "wrap-file-key");
  const { type, args } = sent[0];
  const index = mode === "bad-index" ? "1" : "0";
  if (mode !== "nothing")
    await ask("recipient-stanza", [index, "test", base64(`${type} ${args[0]}`), ...said.map(base64)], flip(body));
  if (mode === "labels") await ask("labels", ["postquantum"]);
  if (mode === "labels-twice") for (const label of ["a", "b"]) await ask("labels", [label]);
} else {
  const stanza = sent.find(({ type, args }) => type === "recipient-stanza" && args[1] === "test");
  const index = mode === "bad-index" ? "1" : "0";
  if (stanza && mode !== "nothing") await ask("file-key", [index], flip(stanza.body));
  if (mode === "twice") await ask("file-key", ["0"], flip(stanza.body));
}
send("done");
