/** Writes into a packed package where its repository is. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, posix, relative, sep } from "node:path";
import { top } from "../packaging/packages.js";
import { run } from "../packaging/run.js";

/**
 * Makes a tarball that has `repository`, `homepage` and `bugs` in its manifest, and links to the repository in its README. Without
 * a repository the fields are left out, and a link to another file is its text alone: it would lead nowhere.
 *
 * @param {string} tarball
 * @param {string} folder that the new one goes to
 * @param {{ repository: string | undefined, version: string, path: string }} options `path` is the package's folder
 * @returns {string} the path of the new one
 */
export function stamp(tarball, folder, { repository, version, path }) {
  const work = mkdtempSync(join(tmpdir(), "isosops-release-"));
  try {
    run("tar", ["-xzf", tarball, "-C", work]);
    const directory = relative(top, path).split(sep).join("/");
    const unpacked = join(work, "package");
    const rewrite = (name, change) =>
      writeFileSync(join(unpacked, name), change(readFileSync(join(unpacked, name), "utf8")));
    const address = repository?.replace(/(\.git)?\/?$/, "");
    rewrite("package.json", (text) => {
      const manifest = JSON.parse(text);
      return `${JSON.stringify(address === undefined ? manifest : { ...manifest, ...addresses(address, directory) }, null, 2)}\n`;
    });
    rewrite("README.md", (text) => linkTo(text, address && `${address}/blob/v${version}`, directory));
    return join(
      folder,
      run("npm", ["pack", unpacked, "--ignore-scripts", "--silent", "--pack-destination", folder]).trim(),
    );
  } finally {
    rmSync(work, { recursive: true });
  }
}

function addresses(address, directory) {
  return {
    repository: { type: "git", url: `git+${address}.git`, directory },
    homepage: `${address}/tree/main/${directory}#readme`,
    bugs: { url: `${address}/issues` },
  };
}

/** Markdown's links to files of the repository. */
function linkTo(text, files, directory) {
  return text.replace(/\[((?:[^[\]]|\[[^\]]*\])*)\]\((?![a-z]+:|#)([^)\s]+)\)/g, (_, label, target) =>
    files === undefined ? label : `[${label}](${files}/${posix.join(directory, target)})`,
  );
}
