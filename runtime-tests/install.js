/**
 * Installs the runtimes that `runtimes.json` names into the cache, outside the workspace, so that a user's install
 * stays small: `node runtime-tests/install.js`. With `--chromium` and `--firefox`, those of Debian too, where they are missing.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { chromiumPath, firefoxPath, pins, runtimesFolder } from "./find.js";

installFromNpm();
if (process.argv.includes("--chromium")) installBrowser("chromium", chromiumPath);
if (process.argv.includes("--firefox")) installBrowser("firefox-esr", firefoxPath);

function installFromNpm() {
  const dependencies = Object.assign({}, ...Object.values(pins));
  const folder = runtimesFolder();
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), `${JSON.stringify({ private: true, dependencies }, null, 2)}\n`);
  // The binaries come with the packages; what the install scripts do is only for other ways to start them.
  const flags = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--prefer-offline"];
  execFileSync(process.platform === "win32" ? "npm.cmd" : "npm", flags, {
    cwd: folder,
    stdio: ["ignore", "inherit", "inherit"],
  });
  for (const [name, version] of Object.entries(dependencies)) console.log(`${name} ${version}  ${folder}`);
}

/** @param {string} name of Debian's package */
function installBrowser(name, find) {
  if (existsSync(find())) {
    console.log(`${name}  ${find()}`);
    return;
  }
  if (process.getuid?.() !== 0) throw new Error(`only root can install ${name}: apt-get install ${name}`);
  const options = {
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  };
  execFileSync("apt-get", ["update"], options);
  execFileSync("apt-get", ["install", "-y", "--no-install-recommends", name], options);
}
