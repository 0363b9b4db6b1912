/** Lists what the packages consist of, for those who have to know (CycloneDX). */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installTarballs } from "../packaging/install.js";
import { run } from "../packaging/run.js";

const generator = "@cyclonedx/cyclonedx-npm@6.0.1";

/**
 * Writes `sbom.cdx.json`: all packages that an install of the tarballs brings, and those whose modules are bundled in the command.
 *
 * @param {Map<string, string>} tarballs by the name of the package
 * @param {{ folder: string, version: string }} options
 */
export function writeSbom(tarballs, { folder, version }) {
  const work = mkdtempSync(join(tmpdir(), "isosops-sbom-"));
  try {
    installTarballs(tarballs, work, {
      name: "isosops-release",
      version,
      dependencies: bundled(tarballs.get("@isosops/cli")),
    });
    const flags = ["--output-file", join(folder, "sbom.cdx.json"), "--output-format", "JSON", "--output-reproducible"];
    run("npx", ["-y", generator, ...flags, "--mc-type", "library", join(work, "package.json")], { cwd: work });
  } finally {
    rmSync(work, { recursive: true });
  }
}

/** What `packages/cli/bundle.js` has noted of the packages that it takes modules of. */
function bundled(tarball) {
  const licenses = run("tar", ["-xzOf", tarball, "package/bundle/LICENSES.txt"]);
  return Object.fromEntries(
    [...licenses.matchAll(/^(\S+) (\d+\.\d+\.\S+) \([^()]+\)$/gm)].map(([, name, version]) => [name, version]),
  );
}
