/**
 * Whether a string can be a plain scalar, for values and for keys. This is the only place that decides it.
 *
 * Readers disagree about plain scalars: `yes` is a string to sops and a bool to helm. So there are three answers.
 * `canBePlain`, for a style that we choose: every reader takes it for this string. `staysPlain`, for what the author wrote
 * plain: go-yaml v3, which sops uses, takes it for this string. `sopsWritesPlain`, for layout `sops`: go-yaml's encoder
 * writes it plain.
 */
import { resolvePlain } from "./resolve.js";

/** Line breaks, and characters that go-yaml v3 rejects or reads as others unless they are escaped. */
const unprintable = /[^\t\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/** Whether a text contains a character that needs an escape. */
export function needsEscapes(text: string): boolean {
  return unprintable.test(text);
}

/** Whether go-yaml v3 reads a plain scalar as this string. `tagged`: after a tag that makes every scalar a string. */
export function staysPlain(text: string, inFlow: boolean, tagged: boolean): boolean {
  return scansAsPlain(text, inFlow) && (tagged || isStringToGoYaml(text));
}

/**
 * Whether every reader takes a plain scalar for this string: go-yaml v3, and the readers of YAML 1.1, go-yaml v2 (helm,
 * kubectl), PyYAML (Ansible) and psych (Ruby).
 */
export function canBePlain(text: string, inFlow: boolean, tagged: boolean): boolean {
  return everybodyScansAsPlain(text, inFlow) && (tagged || isString(text));
}

/** Whether every reader resolves the text to a string, as far as its characters allow a plain scalar. */
export function isString(text: string): boolean {
  return isStringToGoYaml(text) && isStringToYaml11(text);
}

/**
 * Whether the type of a string allows go-yaml v3 to write it plain: it resolves to a string (resolve.go, `resolve`), and is
 * not a bool or base 60 number of YAML 1.1 (encode.go, `stringv`).
 */
export function sopsWritesPlain(text: string): boolean {
  return isStringToGoYaml(text) && !isOldBool(text) && !isBase60(text);
}

function scansAsPlain(text: string, inFlow: boolean): boolean {
  if (text === "" || unprintable.test(text)) return false;
  if (/^[ \t,[\]{}#&*!|>'"%@`]|^[-?:](?:[ \t]|$)|[ \t]$|:[ \t]|:$|[ \t]#/.test(text)) return false;
  // Only in a flow collection can a value begin a line, where it could be taken for a document marker.
  return !inFlow || !/^:|[,?[\]{}]|^(?:---|\.\.\.)(?:[ \t]|$)/.test(text);
}

/** To PyYAML a tab ends a plain scalar; a key can begin a line; to some readers a byte-order mark is white space. */
function everybodyScansAsPlain(text: string, inFlow: boolean): boolean {
  return scansAsPlain(text, inFlow) && !/^(?:---|\.\.\.)|[\t\ufeff]/.test(text);
}

function isStringToGoYaml(text: string): boolean {
  const resolved = resolvePlain(text);
  return !("problem" in resolved) && resolved.type === "str";
}

/** encode.go, `isOldBool` */
function isOldBool(text: string): boolean {
  return text.length <= 3 && /^(?:[yY]|yes|Yes|YES|on|On|ON|[nN]|no|No|NO|off|Off|OFF)$/.test(text);
}

/** encode.go, `isBase60Float` */
function isBase60(text: string): boolean {
  return text.includes(":") && /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/.test(text);
}

/** psych ignores case. */
const words = /^(?:~|null|true|false|yes|no|on|off|[yn]|[-+]?\.(?:inf|nan))$/i;

/** Integers of any base. psych allows commas between digits, and some readers no digits at all (`0x_`). */
const int = /^[-+]?(?:0[bB][01_,]*|0[xX][0-9a-fA-F_,]*|0[oO][0-7_,]*|[0-9][0-9_,]*)$/;
const float = /^(?![-+]?\.$)[-+]?(?:[0-9][0-9_,]*)?\.[0-9_]*(?:[eE][-+]?[0-9]+)?$/;

/** Times, including dates that do not exist (`2001-02-30`, which PyYAML rejects) and time zones that go-yaml v3 does not know. */
const time = /^-?\d{4}-\d{1,2}-\d{1,2}(?:(?:[Tt]|[ \t]+)\d[\d:.Zz \t+-]*)?$/;

/**
 * Whether the readers of YAML 1.1 resolve it to a string: the implicit types of http://yaml.org/type/ as found by PyYAML
 * (resolver.py), go-yaml v2 (resolve.go) and psych (scalar_scanner.rb, which adds symbols), and `=` and `<<`, which PyYAML
 * rejects.
 */
function isStringToYaml11(text: string): boolean {
  switch (text.charCodeAt(0)) {
    case 0x3a: // :
      return false;
    case 0x3c: // <
    case 0x3d: // =
      return text !== "<<" && text !== "=";
    case 0x2b: // +
    case 0x2d: // -
    case 0x2e: // .
    case 0x30:
    case 0x31:
    case 0x32:
    case 0x33:
    case 0x34:
    case 0x35:
    case 0x36:
    case 0x37:
    case 0x38:
    case 0x39:
      return !(words.test(text) || int.test(text) || float.test(text) || time.test(text) || isBase60(text));
    default:
      return text.length > 5 || !words.test(text);
  }
}
