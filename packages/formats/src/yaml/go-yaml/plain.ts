/**
 * Whether a string may stand without quotes: the one place where that is decided, of values and of keys.
 *
 * What is written without quotes is a string to some readers and something else to others: `yes` is one to sops, and a
 * bool to helm. So there are three answers. `canBePlain` is for whatever is written in a style of our own choice: every
 * reader takes it for this string. `staysPlain` is for what the author had written without quotes: go-yaml v3, by which
 * sops reads, takes it for this string. `sopsWritesPlain` is for the layout of sops: what go-yaml's encoder does.
 */
import { resolvePlain } from "./resolve.js";

/** What go-yaml v3 refuses or reads as something else when it stands in the source as itself, and line breaks. */
const unprintable = /[^\t\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/** Whether quotes cannot hold it as it is, without an escape. */
export function needsEscapes(text: string): boolean {
  return unprintable.test(text);
}

/** Whether go-yaml v3 reads a string without quotes as itself; `tagged`: behind a tag that makes a string of everything. */
export function staysPlain(text: string, inFlow: boolean, tagged: boolean): boolean {
  return scansAsPlain(text, inFlow) && (tagged || isStringToGoYaml(text));
}

/**
 * Whether every reader reads a string without quotes as itself: go-yaml v3, and those of YAML 1.1, which are go-yaml v2
 * (helm, kubectl), PyYAML (Ansible) and psych (Ruby).
 */
export function canBePlain(text: string, inFlow: boolean, tagged: boolean): boolean {
  return everybodyScansAsPlain(text, inFlow) && (tagged || isString(text));
}

/** Whether no reader takes the text for anything but a string where its characters allow that it stands without quotes. */
export function isString(text: string): boolean {
  return isStringToGoYaml(text) && isStringToYaml11(text);
}

/**
 * Whether go-yaml v3 would write a string without quotes as far as its type goes: whether it reads it back as a string
 * (resolve.go, `resolve`) and it was no bool or base 60 number in YAML 1.1 either (encode.go, `stringv`).
 */
export function sopsWritesPlain(text: string): boolean {
  return isStringToGoYaml(text) && !isOldBool(text) && !isBase60(text);
}

function scansAsPlain(text: string, inFlow: boolean): boolean {
  if (text === "" || unprintable.test(text)) return false;
  if (/^[ \t,[\]{}#&*!|>'"%@`]|^[-?:](?:[ \t]|$)|[ \t]$|:[ \t]|:$|[ \t]#/.test(text)) return false;
  // Only in brackets can a value begin a line, where it could be taken for a marker.
  return !inFlow || !/^:|[,?[\]{}]|^(?:---|\.\.\.)(?:[ \t]|$)/.test(text);
}

/** A tab ends a plain scalar to PyYAML, a key may begin a line, and a byte-order mark is taken for white space by some. */
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

/** psych looks at no case. */
const words = /^(?:~|null|true|false|yes|no|on|off|[yn]|[-+]?\.(?:inf|nan))$/i;

/** Of any base, psych with commas between the digits, too; and what some forms leave unsaid (`0x_`). */
const int = /^[-+]?(?:0[bB][01_,]*|0[xX][0-9a-fA-F_,]*|0[oO][0-7_,]*|[0-9][0-9_,]*)$/;
const float = /^(?![-+]?\.$)[-+]?(?:[0-9][0-9_,]*)?\.[0-9_]*(?:[eE][-+]?[0-9]+)?$/;

/** A date that there is not (`2001-02-30`), which PyYAML refuses, and times with zones that go-yaml v3 takes for strings. */
const time = /^-?\d{4}-\d{1,2}-\d{1,2}(?:(?:[Tt]|[ \t]+)\d[\d:.Zz \t+-]*)?$/;

/**
 * Whether the readers of YAML 1.1 take it for a string: the implicit types of http://yaml.org/type/ as PyYAML
 * (resolver.py), go-yaml v2 (resolve.go) and psych (scalar_scanner.rb, which has symbols besides) find them, and `=` and
 * `<<`, which PyYAML refuses.
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
