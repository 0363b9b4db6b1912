import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { decrypt } from "../src/decrypt.js";
import { encrypt } from "../src/encrypt.js";
import { encryptStream } from "../src/encrypt-stream.js";
import { generateIdentity, x25519IdentityToRecipient } from "../src/x25519/identity.js";
import { cut, openInPieces, pipe, plaintext } from "./support.js";

const age = process.env.AGE_BIN ?? "age";

function versionOf(binary: string): string | undefined {
  try {
    return execFileSync(binary, ["--version"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return undefined;
  }
}

const version = versionOf(age);
const reason = version === undefined ? ` (skipped: no age command at AGE_BIN or in the PATH)` : ` (${version})`;
if (version === undefined) console.log(`live test with age${reason}`);

// Where the live tests have to run (in CI), they fail without age.
describe.skipIf(version === undefined && !process.env.ISOSOPS_REQUIRE_LIVE)(
  `both ways with the age command${reason}`,
  () => {
    const folder = mkdtempSync(join(tmpdir(), "age-live-"));
    afterAll(() => rmSync(folder, { recursive: true }));
    const identity = generateIdentity();
    const recipient = x25519IdentityToRecipient(identity);
    const keyFile = join(folder, "key.txt");
    writeFileSync(keyFile, `# made by the test\n${identity}\n`);
    const other = x25519IdentityToRecipient(generateIdentity());
    const call = (args: string[], input: Uint8Array | string): Uint8Array =>
      new Uint8Array(execFileSync(age, args, { input, maxBuffer: 1 << 27, stdio: ["pipe", "pipe", "pipe"] }));

    const cases = [0, 1, 65_535, 65_536, 65_537, 1_048_576].flatMap((length) =>
      [false, true].map((armor) => ({ length, armor })),
    );

    it.each(cases)("age opens what we write: $length bytes, armor $armor", async ({ length, armor }) => {
      const bytes = plaintext(length);
      const whole = await encrypt(bytes, [other, recipient], { armor });
      expect(Buffer.compare(call(["-d", "-i", keyFile], whole), bytes)).toBe(0);
      const streamed = await pipe(cut(bytes, [4096, 33, 100_000]), encryptStream([recipient], { armor }));
      expect(Buffer.compare(call(["-d", "-i", keyFile], streamed.bytes), bytes)).toBe(0);
    });

    it.each(cases)("we open what age writes: $length bytes, armor $armor", async ({ length, armor }) => {
      const bytes = plaintext(length);
      const file = call([...(armor ? ["-a"] : []), "-r", other, "-r", recipient], bytes);
      expect(Buffer.compare(await decrypt(file, [identity]), bytes)).toBe(0);
      const streamed = await openInPieces(file, [identity], [997]);
      expect(streamed.error).toBeUndefined();
      expect(Buffer.compare(streamed.bytes, bytes)).toBe(0);
    });
  },
);
