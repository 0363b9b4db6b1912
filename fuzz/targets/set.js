import { decrypt, encrypt, get, set as setValue, unset } from "isosops";
import { check, formats, identity, orTyped, recipient, samples, toBytes, toText } from "./shared.js";

/**
 * An input is the format's number, a line with a path, one with a value as JSON, and a plain file. What was set is there
 * afterwards, and the file opens.
 */
export const set = {
  words: ['["a"]', '["d"][0]', '["l"]["x"]', "[0]", '{"a": [1]}', '"x\\ny"'],
  seeds: async () =>
    formats.flatMap((format, number) =>
      samples[format].flatMap((sample) => [
        toBytes(`${number}["a"]\n"x"\n${sample}`),
        toBytes(`${number}["d"]["e"][1]\n{"a": [1, null, "\\u00e9"]}\n${sample}`),
      ]),
    ),
  async run(input) {
    const [, digit, path, json, source] = /^([0-6])(.*)\n(.*)\n([\s\S]*)$/.exec(toText(input)) ?? [];
    if (digit === undefined) return;
    const format = formats[Number(digit)];
    const encrypted = await orTyped(() => encrypt(source, { format, recipients: [recipient] }));
    if (encrypted === undefined) return;
    const options = { format, identities: [identity], path };
    const removed = await orTyped(() => unset(encrypted.text, options));
    if (removed !== undefined) await decrypt(removed.text, { format, identities: [identity] });
    const edited = await orTyped(() => setValue(encrypted.text, { ...options, json }));
    if (edited === undefined) return;
    await decrypt(edited.text, { format, identities: [identity] });
    // An index behind the end of a list, or on the way to something new, is one that is there afterwards only by chance.
    if (/\[\+?\d/.test(path)) return;
    const after = await orTyped(() => get(edited.text, options));
    check(after !== undefined, "what was set is not there");
    if (format === "yaml" || format === "json") {
      const isSame = JSON.stringify(after) === JSON.stringify(JSON.parse(json));
      // Numbers beyond what JavaScript has are texts or bigints, and names that come twice are one.
      check(isSame || /\d|__proto__|\\/.test(json) || /"([^"]*)"[\s\S]*"\1"/.test(json), "something else was set");
    }
  },
};
