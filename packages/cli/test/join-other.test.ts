/** The keyring of another organisation in place of one's own: not while a file needs the latter. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { first, isosops } from "./support.js";
import { commitAll, expectOpen, makeTeam } from "./team.js";

test("the keyring of another organisation does not replace one that files need", async () => {
  const team = await makeTeam();
  const other = { ...team.env, ISOSOPS_HOME: join(team.home, "other") };
  const theirs = (...args: string[]) => isosops(["org", ...args], { cwd: team.home, env: other });
  expect(await theirs("init", "--recipient", first.recipient)).toMatchObject({ exit: 0 });
  const bundle = join(team.home, "keyring.age");
  writeFileSync(bundle, (await theirs("export", "--for", first.recipient)).stdout);
  team.git("switch", "--quiet", "--create", "feature");
  await team.add("new.yaml");
  commitAll(team);
  team.git("switch", "--quiet", "main");
  // The repository would refuse it for what it publishes.
  rmSync(team.path(".isosops"), { recursive: true });
  commitAll(team);

  expect(await team.org("join", bundle)).toMatchObject({ exit: 11, stderr: expect.stringContaining("--replace") });
  const refused = await team.org("join", "--replace", bundle);
  expect(refused).toMatchObject({ exit: 15, stderr: expect.stringContaining("nothing was destroyed") });
  expect(refused.stderr).toContain(`${team.path("a.yaml")} is encrypted for it`);
  expect(refused.stderr).toContain(`${team.path("new.yaml")} on the branch feature is encrypted for it`);
  await expectOpen(team, "a.yaml");
  const [, command] = /`(ISOSOPS_HOME=[^`]+)`/.exec(refused.stderr)!;
  await team.carryOut(`${command!.replace("FOLDER", join(team.home, "both"))} --recipient ${first.recipient}`);
  await expectOpen(team, "a.yaml");

  // What may be lost.
  const except = ["--except", "a.yaml", "--except", "new.yaml"];
  expect(await team.org("join", "--replace", ...except, bundle)).toMatchObject({ exit: 0 });
  expect((await team.org("show")).stdout).toBe((await theirs("show")).stdout);
});
