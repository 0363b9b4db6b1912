/** Character classes of go-yaml (yamlprivateh.go). Each function takes a UTF-16 code unit; 0 marks the end of the text. */

/** Space or tab. */
export function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

/** CR, LF, NEL, LS or PS: the line breaks of YAML 1.1. */
export function isBreak(code: number): boolean {
  return code === 0x0a || code === 0x0d || code === 0x85 || code === 0x2028 || code === 0x2029;
}

export function isBreakOrEnd(code: number): boolean {
  return code === 0x0a || code === 0x0d || code === 0 || code === 0x85 || code === 0x2028 || code === 0x2029;
}

export function isBlankOrEnd(code: number): boolean {
  return code === 0x20 || code === 0x09 || isBreakOrEnd(code);
}

/** ASCII letters, digits, `_` and `-`. */
export function isWordCharacter(code: number): boolean {
  return (
    (code >= 0x61 && code <= 0x7a) ||
    (code >= 0x41 && code <= 0x5a) ||
    (code >= 0x30 && code <= 0x39) ||
    code === 0x5f ||
    code === 0x2d
  );
}

/** Whether `---` or `...` stands at an offset, followed by a blank or by the end of the line. */
export function isDocumentMarker(text: string, position: number): boolean {
  const code = text.charCodeAt(position);
  return (
    (code === 0x2d || code === 0x2e) &&
    text.charCodeAt(position + 1) === code &&
    text.charCodeAt(position + 2) === code &&
    isBlankOrEnd(text.charCodeAt(position + 3))
  );
}

/** Characters that YAML allows only as escapes in double quotes. */
export const forbidden: RegExp = /[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;
