/**
 * Comments beside the tokens: which of them is said of what above (foot), beside (line) or below (head), decided as
 * go-yaml v3 does (scannerc.go, `yaml_parser_scan_comments` and `yaml_parser_scan_line_comment`), odd corners included:
 * a comment's place in the tree is part of its additional data, so another place means sops cannot decrypt it.
 */
import { isBlank, isBreak, isBreakOrEnd } from "./characters.js";
import type { Scanner } from "./scanner.js";
import { TokenKind } from "./tokens.js";

/**
 * Lines of comment. go-yaml joins them into one string; here each line is the offset of its `#`, and each line break
 * between or behind them is -1, so that cutting and joining give what go-yaml gets.
 */
export type CommentLines = number[];

export const lineBreak = -1;

/** Comments found in one go. */
export interface CommentRun {
  /** Where the scan that found it began; it holds nothing but comments and white space from there on. */
  scanStart: number;
  /** The offset of the first token that it belongs to. */
  target: number;
  start: number;
  startLine: number;
  startColumn: number;
  /** Where the scan that found it ended, 0 for a comment beside a value. */
  end: number;
  head: CommentLines | undefined;
  line: CommentLines | undefined;
  foot: CommentLines | undefined;
}

/** No blank, no break, no bracket, no comment sign. */
const restOfBreak = 0x7f;

/** go-yaml looks no further than this for the next comment. */
const lookahead = 512;

/** A comment behind the token that was just scanned, on the same line. */
export function runOfLine(scanner: Scanner, target: number): void {
  const { text } = scanner;
  let position = scanner.position;
  let code = text.charCodeAt(position);
  if (code !== 0x23) {
    if (!isBlank(code)) return;
    const limit = position + lookahead;
    do code = text.charCodeAt(++position);
    while (isBlank(code) && position < limit);
    if (code !== 0x23 || position >= limit) return;
  }
  scanner.commentStarts.push(position);
  scanner.comments.push({
    scanStart: 0,
    target,
    start: position,
    startLine: scanner.line,
    startColumn: scanner.column + position - scanner.position,
    end: 0,
    head: undefined,
    line: [position],
    foot: undefined,
  });
  scanner.position = endOfComment(text, position);
}

/** The comments between two tokens; `scanner` stands on the first `#`. */
export function scanCommentRuns(scanner: Scanner, scanStart: number, scanLine: number): void {
  const { text, comments } = scanner;
  let token = scanner.lastToken()!;
  if (token.kind === TokenKind.flowEntry) token = scanner.tokenBeforeLast() ?? token;
  let target = token.start;
  let startLine = 0;
  let startColumn = 0;
  let start = 0;
  let nextIndent = Math.max(scanner.indent, 0);
  let recentEmpty = false;
  let firstEmpty = scanner.newlines <= 1;
  let line = scanner.line;
  let { column } = scanner;
  let lines: CommentLines = [];

  // The line on which a comment has to begin to be a foot of what is above.
  let footLine = -1;
  if (scanLine > 0) {
    footLine = scanner.line - scanner.newlines + 1;
    if (scanner.newlines === 0 && column > 1) footLine++;
  }

  const splitFoot = (at: number): void => {
    comments.push({
      scanStart,
      target,
      start,
      startLine,
      startColumn,
      end: at,
      head: undefined,
      line: undefined,
      foot: lines,
    });
    scanStart = at;
    target = at;
    lines = [];
  };

  let ahead = 0;
  let withinBreak = false;
  for (; ahead < lookahead; ahead++) {
    const at = scanner.position + ahead;
    column++;
    // At the end of the text go-yaml sees NULs, however far it looks. Here it goes byte by byte, so that behind NEL, LS
    // and PS it sees the rest of their bytes.
    const code: number = withinBreak ? restOfBreak : at < scanner.length ? text.charCodeAt(at) : 0;
    if (isBlank(code)) continue;
    const closesFlow = scanner.flowLevel > 0 && (code === 0x5d || code === 0x7d);
    if (closesFlow || isBreakOrEnd(code)) {
      if (closesFlow || !recentEmpty) {
        if (
          closesFlow ||
          (firstEmpty && ((startLine === footLine && token.kind !== TokenKind.value) || startColumn - 1 < nextIndent))
        ) {
          if (lines.length > 0) {
            // Dedented, it has nothing to do with the token above.
            if (startColumn - 1 < nextIndent) target = start;
            splitFoot(at);
          }
        } else if (lines.length > 0 && code !== 0) lines.push(lineBreak);
      }
      if (!isBreak(code)) break;
      withinBreak = code > 0x7f;
      firstEmpty = false;
      recentEmpty = true;
      column = 0;
      line++;
      continue;
    }
    if (lines.length > 0 && (closesFlow || (column - 1 < nextIndent && column !== startColumn))) splitFoot(at);
    if (code !== 0x23) break;

    if (lines.length === 0) {
      start = at;
      startLine = line;
      startColumn = column;
    } else lines.push(lineBreak);
    lines.push(at);
    scanner.commentStarts.push(at);
    recentEmpty = false;
    while (scanner.position < at) {
      if (isBreak(text.charCodeAt(scanner.position))) scanner.skipBreak();
      else scanner.position++;
    }
    scanner.position = endOfComment(text, at);
    scanner.newlines = 0;
    // The loop goes on one character behind the comment: its own line break is not looked at (of CRLF, the LF is).
    ahead = 0;
    const behind = text.charCodeAt(scanner.position);
    withinBreak = isBreak(behind) && behind > 0x7f;
    column = 0;
    line = scanner.line;
    nextIndent = Math.max(scanner.indent, 0);
  }

  if (lines.length > 0) {
    comments.push({
      scanStart,
      target: start,
      start,
      startLine,
      startColumn,
      end: scanner.position + ahead - 1,
      head: lines,
      line: undefined,
      foot: undefined,
    });
  }
}

export function endOfComment(text: string, start: number): number {
  let end = start;
  while (!isBreakOrEnd(text.charCodeAt(end)) && end < text.length) end++;
  return end;
}
