import { decrypt, encrypt, inspect, verify } from "isosops";
import { formats, identity, orTyped, recipient, samples } from "./shared.js";

/** An encrypted file that was changed: an error with a code, or a result, and a report of `verify`. */
function decryptTarget(format) {
  return {
    async seeds() {
      const made = [];
      for (const sample of samples[format]) {
        const options = { format, recipients: [recipient] };
        for (const layout of ["preserve", "sops"]) {
          const encrypted = await orTyped(() => encrypt(sample, { ...options, layout }));
          if (encrypted !== undefined) made.push(encrypted.bytes);
        }
      }
      return made;
    },
    async run(input) {
      await orTyped(() => inspect(input, { format }));
      await orTyped(() => verify(input, { format }));
      for (const ignoreMac of [false, true]) {
        await orTyped(() => decrypt(input, { format, identities: [identity], ignoreMac }));
      }
    },
  };
}

export const decryptTargets = Object.fromEntries(formats.map((format) => [`decrypt-${format}`, decryptTarget(format)]));
