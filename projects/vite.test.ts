/** The plug-in for Vite: builds, and what the development server tells a browser. */
import { describe, expect, it } from "vitest";
import { makeProject, missing } from "./harness.js";
import { encrypted, filesWith, marker, plaintext, print, printed, withKey } from "./secrets.js";

const reason = missing("vite");

const files = {
  "config/secrets.enc.yaml": await encrypted("yaml", plaintext),
  "config/app.json": await encrypted("json", `{ "token": "${marker}-json" }`),
  "src/server.js": `
import secrets, { database } from "../config/secrets.enc.yaml";
import { token } from "/config/app.json?sops";
import cipher from "../config/secrets.enc.yaml?raw";
console.log(${print});
console.log(database.user, token, cipher.includes("ENC["));
export const render = () => ${print} + token;
`,
  "index.html": `<!doctype html><script type="module" src="/src/client.js"></script>`,
  "src/client.js": `import { title } from "./page/title.js"; document.title = title;`,
  "src/page/title.js": `import { database } from "../../config/secrets.enc.yaml"; export const title = database.user;`,
};

const settings = (options: string) => `
import isosops from "@isosops/node/vite";
export default { plugins: [isosops(${options})], build: { sourcemap: true }, logLevel: "error" };
`;

const chain = `config/secrets.enc.yaml is encrypted, and is imported by code for browsers, where everybody could read it:
  index.html
    imports src/client.js
      imports src/page/title.js
        imports config/secrets.enc.yaml
Import it in code that runs on the server alone`;

/** What `browser` has seen. */
interface Heard {
  /** What the server's own code prints, before and after a change of the file. */
  readonly ssr: string;
  readonly changed: string;
  readonly answers: readonly { request: string; status: number; body: string }[];
  /** Of the socket for updates. */
  readonly messages: readonly string[];
}

/** Asks for whatever a browser could ask, on a version of Node that has WebSocket. */
const browser = `
import { appendFileSync, copyFileSync } from "node:fs";
const [url, token] = process.argv.slice(2);
const path = import.meta.dirname + "/config/secrets.enc.yaml";
const id = "\\0isosops:" + path + ".js";
const until = async (holds) => {
  for (const end = Date.now() + 60_000; !(await holds()) && Date.now() < end; ) await new Promise((ready) => setTimeout(ready, 50));
};
const ask = async (request) => (await fetch(url + request)).text();

// The server has the plaintext in its memory before a browser asks.
const ssr = await ask("/ssr");
const messages = [];
const socket = new WebSocket(url.replace("http", "ws") + "/?token=" + token, "vite-hmr");
socket.onmessage = ({ data }) => messages.push(String(data));
await new Promise((resolve, reject) => Object.assign(socket, { onopen: resolve, onerror: reject }));

const answers = [];
for (const request of [
  "/", "/src/client.js", "/src/page/title.js", "/src/server.js",
  "/config/secrets.enc.yaml", "/config/secrets.enc.yaml?import", "/config/secrets.enc.yaml?sops",
  "/config/secrets.enc.yaml?import&sops", "/config/secrets.enc.yaml?import&t=1", "/config/secrets.enc.yaml?import&raw",
  "/config/secrets.enc.yaml?import&url&inline", "/config/app.json?import", "/config/app.json?import&sops",
  "/@fs" + path, "/@fs" + path + "?import",
  "/@id/__x00__isosops:" + path + ".js", "/@id/__x00__isosops:" + path + ".js?import", "/@id/isosops:" + path + ".js",
  "/@id/" + encodeURIComponent(id), "/node_modules/.vite/deps/_metadata.json",
]) {
  const headers = request === "/" ? { accept: "text/html" } : { accept: "*/*", "sec-fetch-dest": "script" };
  const answer = await fetch(url + request, { headers });
  answers.push({ request, status: answer.status, body: await answer.text() });
}
for (const asked of ["/config/secrets.enc.yaml", id, "/src/server.js"]) {
  const data = { name: "fetchModule", id: "send:" + asked, data: [asked, undefined, {}] };
  socket.send(JSON.stringify({ type: "custom", event: "vite:invoke", data }));
}
await until(() => messages.filter((message) => message.includes("vite:invoke")).length >= 3);

// A change of the file reaches the server, and browsers hear of no more than its name.
copyFileSync("next.yaml", path);
appendFileSync("src/client.js", "\\n// changed\\n");
await until(async () => (await ask("/ssr")) !== ssr);
await until(() => messages.some((message) => message.includes("client.js") || message.includes("full-reload")));
const changed = await ask("/ssr");
console.log(JSON.stringify({ ssr, changed, answers, messages }));
socket.close();
`;

describe.each([
  { name: "when the server starts", options: "", found: [] },
  { name: "when it is built, with `inline`", options: "{ inline: true }", found: ["dist/server.js"] },
])("a file that is decrypted $name", ({ options, found }) => {
  it.skipIf(reason)("is built for a server, and its plaintext is nowhere else", async () => {
    const project = makeProject({ ...files, "vite.config.js": settings(options) });
    const built = await project.run("vite", ["build", "--ssr", "src/server.js"], withKey);
    expect(built).toMatchObject({ exit: 0, stderr: "" });
    expect(filesWith(project, marker)).toEqual(found);
    expect(await project.run("node", ["dist/server.js"], withKey)).toEqual({
      exit: 0,
      stdout: `${JSON.stringify(printed)}\napp ${marker}-json true\n`,
      stderr: "",
    });
  });

  it.skipIf(reason)("is an error in a build for browsers", async () => {
    const project = makeProject({ ...files, "vite.config.js": settings(options) });
    const { exit, stderr } = await project.run("vite", ["build"], withKey);
    expect(exit).toBe(1);
    expect(stderr).toContain(chain);
    expect(filesWith(project, marker)).toEqual([]);
    expect(filesWith(project, "ENC[").filter((name) => name.startsWith("dist"))).toEqual([]);
  });

  it.skipIf(reason)("never gets from the development server to a browser", async () => {
    const project = makeProject({
      ...files,
      "vite.config.js": settings(options),
      "next.yaml": await encrypted("yaml", plaintext.replace("user: app", `user: ${marker}-new`)),
      "browser.mjs": browser,
      "serve.mjs": `
import { createServer } from "vite";
const server = await createServer({ server: { host: "127.0.0.1", port: 0 }, plugins: [{
  name: "ssr",
  configureServer: ({ middlewares }) => {
    middlewares.use("/ssr", async (request, response) => {
      const { render } = await server.ssrLoadModule("/src/server.js");
      response.end(render());
    });
  },
}] });
await server.listen();
console.log("listening on " + server.resolvedUrls.local[0], server.config.webSocketToken);
`,
    });
    const server = project.start("node", ["serve.mjs"], withKey);
    const [, url, token] = await server.printed(/listening on (http:\S+)\/ (\S+)/);
    const { exit, stdout, stderr } = await project.run("node", ["browser.mjs", url!, token!]);
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: "" });
    const { ssr, changed, answers, messages } = JSON.parse(stdout) as Heard;

    expect(ssr).toBe(`${JSON.stringify(printed)}${marker}-json`);
    expect(changed).toContain(`${marker}-new`);
    // Executed, these would be the decrypted module. The ciphertext is no secret: Vite gives the file itself once `?raw` has
    // made it known to its graph.
    const ciphertext = files["config/secrets.enc.yaml"]!;
    const modules = answers.filter(({ request }) => /title\.js|import(?:$|&sops|&t)|isosops:/.test(request));
    expect(modules.filter(({ status, body }) => status === 200 && !body.startsWith(ciphertext))).toEqual([]);
    expect(modules.length).toBeGreaterThan(8);
    expect(answers.find(({ request }) => request === "/src/client.js")?.status).toBe(200);
    expect(answers.filter(({ body }) => body.includes(marker))).toEqual([]);

    expect(messages.join("\n")).toContain("vite:invoke");
    expect(messages.filter((message) => message.includes(marker))).toEqual([]);
    expect(filesWith(project, marker)).toEqual([]);
    // The browser's console and the terminal say the same.
    expect(answers.find(({ request }) => request === "/src/page/title.js")?.body).toContain(
      "imported by code for browsers",
    );
    const output = server.output().split("\n");
    expect(output.join("\n")).toContain(
      "  src/client.js\n    imports src/page/title.js\n      imports config/secrets.enc.yaml\n",
    );
    expect(output.join("\n")).not.toContain("dependency scan");
    // What the project's own code prints.
    expect(output.filter((line) => line.includes(marker) && !/^\{"database"| true$/.test(line))).toEqual([]);
    await server.stop();
  });
});
