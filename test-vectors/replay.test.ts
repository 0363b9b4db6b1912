/** Given the data key, the wrapped keys, the IVs and the time of a file by sops, layout `sops` gives its bytes. */
import { expect, test } from "vitest";
import { storeByName } from "../packages/formats/dist/index.js";
import { ageSource } from "../packages/isosops/dist/age.js";
import { drawnIn, encryptAgain } from "./replaying.js";
import { endings, readKey, sopsVersions } from "./tools.js";
import { listCases, plainBytes, readCase, readIfThere, readPlain } from "./vectors.js";

const current = sopsVersions[0]!;
const keySource = ageSource([readKey("first").identity]);

for (const name of listCases("good")) {
  const description = readCase("good", name);
  const { format, options } = description as { format: keyof typeof endings; options: { indent?: number } };
  const written = readIfThere("good", name, `encrypted-${current}.${endings[format]}`);
  if (written === undefined) continue;
  test(name, async () => {
    const store = storeByName(format);
    const drawn = await drawnIn(written, store, keySource);
    const again = encryptAgain(plainBytes(readPlain(name, description), format), drawn, { store, ...options });
    // What sops does not open itself is not written.
    if (description.sops[current]?.decrypt?.[current] === undefined) expect(await again).toBe(written);
    else await expect(again).rejects.toMatchObject({ code: "unwritable" });
  });
}
