/** Random mutations of an input. */

const numbers = [
  "0",
  "-1",
  "1",
  "255",
  "65536",
  "2147483648",
  "9223372036854775808",
  "1e400",
  "-0",
  "0x",
  "1_0",
  ".inf",
];
const signs = "\"'\\`:;,.#=&*!|>%@?-[]{}()<>/ \t\n\r\0\u00a0\u2028\ufeff\ud83d\ude00\u0085";

/**
 * @param {Uint8Array} input
 * @param {{ random: ReturnType<typeof import("./random.js").randomFrom>, words: readonly string[], other: Uint8Array, longest: number }} options
 */
export function mutate(input, { random, words, other, longest }) {
  let bytes = input;
  const most = random.once(2) ? 1 : random.once(8) ? 16 : 4;
  for (let rounds = 1 + random.below(most); rounds > 0; rounds--) {
    bytes = random.pick(changes)(bytes, { random, words, other });
    if (bytes.length > longest) bytes = bytes.slice(0, longest);
  }
  return bytes;
}

const letters = [...signs, ..."0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"];

const encoder = new TextEncoder();

function replace(bytes, from, to, inserted) {
  const result = new Uint8Array(bytes.length - (to - from) + inserted.length);
  result.set(bytes.subarray(0, from));
  result.set(inserted, from);
  result.set(bytes.subarray(to), from + inserted.length);
  return result;
}

function range(bytes, random, longest = 64) {
  const from = random.below(bytes.length + 1);
  return [from, Math.min(bytes.length, from + random.below(longest))];
}

/** Returns the range of a random line, including its line break. */
function line(bytes, random) {
  const at = random.below(bytes.length + 1);
  const from = at === 0 ? 0 : bytes.lastIndexOf(0x0a, at - 1) + 1;
  const end = bytes.indexOf(0x0a, at);
  return [from, end === -1 ? bytes.length : end + 1];
}

const changes = [
  function flip(bytes, { random }) {
    if (bytes.length === 0) return bytes;
    const changed = bytes.slice();
    changed[random.below(bytes.length)] ^= 1 << random.below(8);
    return changed;
  },
  function overwrite(bytes, { random }) {
    if (bytes.length === 0) return bytes;
    const changed = bytes.slice();
    changed[random.below(bytes.length)] = random.below(256);
    return changed;
  },
  function insertSign(bytes, { random }) {
    const at = random.below(bytes.length + 1);
    return replace(bytes, at, at, encoder.encode(random.pick(letters)));
  },
  function insertWord(bytes, { random, words }) {
    const at = random.below(bytes.length + 1);
    return replace(bytes, at, at, encoder.encode(random.pick(words)));
  },
  function overwriteSign(bytes, { random, words }) {
    const at = random.below(bytes.length + 1);
    const word = random.once(2) ? random.pick(words) : random.pick(letters);
    return replace(bytes, at, Math.min(at + word.length, bytes.length), encoder.encode(word));
  },
  function overwriteWithWord(bytes, { random, words }) {
    const [from, to] = range(bytes, random, 16);
    return replace(bytes, from, to, encoder.encode(random.pick(words)));
  },
  function insertNumber(bytes, { random }) {
    const [from, to] = range(bytes, random, 8);
    return replace(bytes, from, to, encoder.encode(random.pick(numbers)));
  },
  function remove(bytes, { random }) {
    const [from, to] = range(bytes, random);
    return replace(bytes, from, to, new Uint8Array(0));
  },
  function removeLine(bytes, { random }) {
    const [from, to] = line(bytes, random);
    return replace(bytes, from, to, new Uint8Array(0));
  },
  function copy(bytes, { random }) {
    const [from, to] = range(bytes, random);
    const at = random.below(bytes.length + 1);
    return replace(bytes, at, at, bytes.slice(from, to));
  },
  function copyLine(bytes, { random }) {
    const [from, to] = line(bytes, random);
    const [at] = line(bytes, random);
    return replace(bytes, at, at, bytes.slice(from, to));
  },
  function repeat(bytes, { random }) {
    const [from, to] = range(bytes, random, 24);
    const part = bytes.slice(from, to);
    const times = random.once(20) ? random.below(2000) : random.below(20);
    const repeated = new Uint8Array(part.length * times);
    for (let i = 0; i < times; i++) repeated.set(part, i * part.length);
    return replace(bytes, to, to, repeated);
  },
  function splice(bytes, { random, other }) {
    const [from, to] = range(other, random, 256);
    const [start, end] = range(bytes, random);
    return replace(bytes, start, random.once(2) ? end : start, other.slice(from, to));
  },
  function cross(bytes, { random, other }) {
    return replace(bytes, random.below(bytes.length + 1), bytes.length, other.slice(random.below(other.length + 1)));
  },
  function indent(bytes, { random }) {
    const [from] = line(bytes, random);
    return replace(bytes, from, from, encoder.encode(" ".repeat(1 + random.below(4))));
  },
  function cut(bytes, { random }) {
    return bytes.slice(0, random.below(bytes.length + 1));
  },
];
