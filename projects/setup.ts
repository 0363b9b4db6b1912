/** Before all tests: the tools and the packed packages, installed where the projects of the tests find them. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { installTarballs } from "../.ci/packaging/install.js";
import { packAll } from "../.ci/packaging/pack.js";
import { findBun, findDeno } from "../runtime-tests/find.js";
import { installTools, missingTools, tools } from "./install.js";

declare module "vitest" {
  interface ProvidedContext {
    /** The folder of this run, with the packed packages in node_modules; the projects are made in it. */
    runFolder: string;
    toolsFolder: string;
    /** Why a tool is not there, by its name. */
    missingTools: Record<string, string>;
  }
}

const day = 24 * 60 * 60 * 1000;

export default function setup(project: TestProject): () => void {
  const toolsFolder = installTools();
  const missing = missingTools(toolsFolder);
  for (const name of readdirSync(toolsFolder).filter((name) => name.startsWith("run-"))) {
    // A run that was killed has left it.
    const left = join(toolsFolder, name);
    if (Date.now() - statSync(left).mtimeMs > day) rmSync(left, { recursive: true, force: true });
  }

  const runFolder = mkdtempSync(join(toolsFolder, "run-"));
  const tarballs = join(runFolder, "tarballs");
  mkdirSync(tarballs);
  installTarballs(packAll(tarballs), runFolder);

  const runtimes: [name: string, path: string | undefined][] = Object.keys(tools)
    .filter((name) => name.startsWith("node-"))
    .map((name) => [name, join(toolsFolder, "node_modules", name, "bin", "node")]);
  runtimes.push(["bun", findBun()], ["deno", findDeno()]);
  for (const [name, path] of runtimes) {
    if (path === undefined || !existsSync(path)) {
      missing[name] ??= "run `node runtime-tests/install.js`";
      continue;
    }
    // A folder for the PATH, in which the command has its usual name.
    const folder = join(runFolder, "runtimes", name);
    mkdirSync(folder, { recursive: true });
    symlinkSync(path, join(folder, name.replace(/-.*/, "")));
  }

  project.provide("runFolder", runFolder);
  project.provide("toolsFolder", toolsFolder);
  project.provide("missingTools", missing);
  return () => rmSync(runFolder, { recursive: true, force: true });
}
