/** What `pnpm release --dry-run` would publish. */
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { publicPackages } from "../.ci/packaging/packages.js";
import { makeProject, type Project } from "./harness.js";

const repository = "https://git.example.com/team/isosops";
const packages = publicPackages();

interface Manifest {
  name: string;
  version: string;
  repository: { url: string; directory: string };
  homepage: string;
  bugs: { url: string };
  dependencies?: Record<string, string>;
}

describe("a dry run of the release", () => {
  let project: Project;
  let printed: string;
  const manifests = new Map<string, Manifest>();
  const tarballOf = (name: string, version: string) => `${name.replace("@", "").replace("/", "-")}-${version}.tgz`;
  const inTarball = async (tarball: string, name: string) =>
    (await project.run("tar", ["-xzOf", tarball, `package/${name}`])).stdout;

  beforeAll(async () => {
    project = makeProject({});
    const script = fileURLToPath(new URL("../.ci/release.js", import.meta.url));
    const parameters = [
      script,
      "--dry-run",
      "--repository",
      `${repository}.git`,
      "--folder",
      join(project.path, "out"),
    ];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, parameters);
    expect(stderr).toBe("");
    printed = stdout;
    for (const { name, manifest } of packages) {
      const packed = await inTarball(`out/${tarballOf(name, manifest.version)}`, "package.json");
      manifests.set(name, JSON.parse(packed) as Manifest);
    }
  });

  it("gives all packages one version, by which they depend on each other", () => {
    const versions = new Set([...manifests.values()].map(({ version }) => version));
    expect(versions.size).toBe(1);
    for (const { dependencies = {} } of manifests.values())
      for (const [name, range] of Object.entries(dependencies))
        if (manifests.has(name)) expect([...versions].map((version) => `^${version}`)).toContain(range);
  });

  it("says in each package where the repository is", () => {
    for (const { path, name } of packages) {
      const folder = path.slice(path.lastIndexOf("/packages/") + 1);
      expect(manifests.get(name)).toMatchObject({
        repository: { type: "git", url: `git+${repository}.git`, directory: folder },
        homepage: `${repository}/tree/main/${folder}#readme`,
        bugs: { url: `${repository}/issues` },
      });
    }
  });

  it("leaves no link in a README that leads to nothing but the repository", async () => {
    const { version } = manifests.get("isosops")!;
    for (const { name, path } of packages) {
      const readme = await inTarball(`out/${tarballOf(name, version)}`, "README.md");
      const targets = [...readme.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1]!);
      expect(targets.filter((target) => !/^(https?:\/\/|#)/.test(target))).toEqual([]);
      const files = targets.filter((target) => target.startsWith(`${repository}/blob/v${version}/`));
      for (const file of files) {
        const [local] = file.slice(`${repository}/blob/v${version}/`.length).split("#");
        expect(existsSync(new URL(`../${local}`, import.meta.url)), `${path}: ${file}`).toBe(true);
      }
    }
  });

  it("makes checksums that sha256sum confirms", async () => {
    const checked = await project.run("sha256sum", ["--check", "SHA256SUMS"], { cwd: "out" });
    expect(checked).toMatchObject({ exit: 0 });
    expect(checked.stdout.trim().split("\n")).toHaveLength(packages.length + 2);
  });

  it("publishes what a package depends on before it, with provenance", () => {
    const published = [...printed.matchAll(/^npm publish \S+\/(\S+)-\d\S*\.tgz (.*)$/gm)];
    const order = published.map((match) => match[1]!);
    expect(published.map((match) => match[2])).toEqual(packages.map(() => "--access public --provenance"));
    for (const { name, dependencies = {} } of manifests.values())
      for (const needed of Object.keys(dependencies).filter((other) => manifests.has(other)))
        expect(order.indexOf(tarballOf(needed, "").slice(0, -5))).toBeLessThan(
          order.indexOf(tarballOf(name, "").slice(0, -5)),
        );
  });

  it("lists in the SBOM all packages that npm installs, and what is bundled in the command", () => {
    const { bomFormat, components } = JSON.parse(readFileSync(join(project.path, "out", "sbom.cdx.json"), "utf8")) as {
      bomFormat: string;
      components: { group?: string; name: string }[];
    };
    expect(bomFormat).toBe("CycloneDX");
    const listed = components.map(({ group, name }) => (group === undefined ? name : `${group}/${name}`));
    const needed = [...manifests.values()].flatMap(({ name, dependencies = {} }) => [
      name,
      ...Object.keys(dependencies),
    ]);
    expect(listed).toEqual(expect.arrayContaining([...needed, "commander", "@bufbuild/protobuf"]));
  });

  it("has the changes of the version", () => {
    expect(project.read("out/CHANGELOG.md")).toMatch(/^## /);
    expect(project.read("out/CHANGELOG.md").match(/^## /gm)).toHaveLength(1);
  });
});
