/**
 * Comments beside the tokens: which of them is said of what above (foot), beside (line) or below (head), decided as
 * go-yaml v3 does (scannerc.go, `yaml_parser_scan_comments` and `yaml_parser_scan_line_comment`), odd corners included:
 * a comment's place in the tree is part of its additional data, so another place means sops cannot decrypt it.
 */
import { isBlank, isBreak, isBreakOrEnd } from "./characters.js";
import type { Scanner } from "./scanner.js";
import { type Token, TokenKind } from "./tokens.js";

/**
 * Lines of comment. go-yaml joins them into one string; here each line is the offset of its `#`, and each line break
 * between or behind them is -1, so that cutting and joining give what go-yaml gets.
 */
export type CommentLines = number[];

/** In `CommentLines`. */
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

/** What a scan for comments finds at an offset. */
const Seen = { blank: 0, lineBreak: 1, end: 2, closingBracket: 3, comment: 4, content: 5 } as const;

/**
 * The comments between two tokens (scannerc.go, `yaml_parser_scan_comments`); `scanner` stands on the first `#`, on which
 * it leaves the last comment behind it.
 *
 * @param scanStart Where the white space began in which the comments stand.
 * @param scanLine Its line, from 0.
 */
export function scanCommentRuns(scanner: Scanner, scanStart: number, scanLine: number): void {
  new CommentScan(scanner, scanStart, scanLine).scan();
}

/**
 * Comments as runs: lines that are about the same thing. A run is open while lines may come to it. It ends as a foot of what is
 * above where an empty line, a closing bracket or a dedent comes behind it, and as the head of what is below where
 * nothing of these does.
 */
class CommentScan {
  readonly #scanner: Scanner;
  /** The token above. */
  readonly #token: Token;
  /** The line on which a run has to begin to be a foot of the token above; -1 for none. */
  readonly #footLine: number;
  /** The column of the block that is open; further to the left, a comment is dedented. */
  readonly #indent: number;
  #scanStart: number;
  #line: number;
  /** From 1, as go-yaml counts here. */
  #column: number;
  /** No empty line has come since the token above. */
  #isRightBelow: boolean;
  /** An empty line has come since the last comment. */
  #isBelowEmptyLine = false;
  /** The offset is on the bytes that a line break of several bytes has behind its first one. */
  #isWithinBreak = false;
  /** The lines of the open run; without any, none is open. */
  #lines: CommentLines = [];
  /** As in `CommentRun`, of the open run. */
  #target: number;
  #start = 0;
  #startLine = 0;
  #startColumn = 0;

  constructor(scanner: Scanner, scanStart: number, scanLine: number) {
    this.#scanner = scanner;
    const last = scanner.lastToken()!;
    this.#token = last.kind === TokenKind.flowEntry ? (scanner.tokenBeforeLast() ?? last) : last;
    this.#target = this.#token.start;
    this.#scanStart = scanStart;
    this.#line = scanner.line;
    this.#column = scanner.column;
    this.#indent = Math.max(scanner.indent, 0);
    this.#isRightBelow = scanner.newlines <= 1;
    if (scanLine === 0) this.#footLine = -1;
    else {
      const isBeside = scanner.newlines === 0 && scanner.column > 1;
      this.#footLine = scanner.line - scanner.newlines + (isBeside ? 2 : 1);
    }
  }

  scan(): void {
    let ahead = 0;
    for (; ahead < lookahead; ahead++) {
      const at = this.#scanner.position + ahead;
      this.#column++;
      const seen = this.#look(at);
      if (seen === Seen.blank) continue;
      if (seen === Seen.lineBreak) this.#passLineBreak(at);
      else if (seen === Seen.comment) {
        this.#endAtDedent(at);
        this.#takeComment(at);
        // go-yaml goes on one character behind the comment: its own line break is not looked at (of CRLF, the LF is).
        ahead = 0;
      } else {
        if (seen === Seen.content) this.#endAtDedent(at);
        else if (seen === Seen.closingBracket || (!this.#isBelowEmptyLine && this.#isFoot())) this.#endAsFoot(at);
        break;
      }
    }
    this.#endAsHead(this.#scanner.position + ahead - 1);
  }

  #look(at: number): number {
    const { text, length, flowLevel } = this.#scanner;
    // go-yaml goes byte by byte, so that behind NEL, LS and PS it sees the rest of their bytes, which are none of these.
    if (this.#isWithinBreak) return Seen.content;
    // At the end of the text it sees NULs, however far it looks.
    if (at >= length) return Seen.end;
    const code = text.charCodeAt(at);
    if (isBlank(code)) return Seen.blank;
    if (isBreak(code)) return Seen.lineBreak;
    if (code === 0x23) return Seen.comment;
    return flowLevel > 0 && (code === 0x5d || code === 0x7d) ? Seen.closingBracket : Seen.content;
  }

  #passLineBreak(at: number): void {
    if (!this.#isBelowEmptyLine) {
      if (this.#isFoot()) this.#endAsFoot(at);
      else if (this.#lines.length > 0) this.#lines.push(lineBreak);
    }
    this.#isWithinBreak = this.#scanner.text.charCodeAt(at) > 0x7f;
    this.#isRightBelow = false;
    this.#isBelowEmptyLine = true;
    this.#column = 0;
    this.#line++;
  }

  #takeComment(at: number): void {
    const scanner = this.#scanner;
    const { text } = scanner;
    if (this.#lines.length === 0) {
      this.#start = at;
      this.#startLine = this.#line;
      this.#startColumn = this.#column;
    } else this.#lines.push(lineBreak);
    this.#lines.push(at);
    scanner.commentStarts.push(at);
    while (scanner.position < at) {
      if (isBreak(text.charCodeAt(scanner.position))) scanner.skipBreak();
      else scanner.position++;
    }
    scanner.position = endOfComment(text, at);
    scanner.newlines = 0;
    const behind = text.charCodeAt(scanner.position);
    this.#isWithinBreak = isBreak(behind) && behind > 0x7f;
    this.#isBelowEmptyLine = false;
    this.#column = 0;
    this.#line = scanner.line;
  }

  /** Whether the open run is about what is above, should it end here. */
  #isFoot(): boolean {
    const isAtToken = this.#startLine === this.#footLine && this.#token.kind !== TokenKind.value;
    return this.#isRightBelow && (isAtToken || this.#isDedented());
  }

  #isDedented(): boolean {
    return this.#startColumn - 1 < this.#indent;
  }

  /** What is dedented, and stands in another column than the run, ends it. */
  #endAtDedent(at: number): void {
    if (this.#column - 1 < this.#indent && this.#column !== this.#startColumn) this.#pushFoot(at);
  }

  #endAsFoot(at: number): void {
    // Dedented, it has nothing to do with the token above.
    if (this.#lines.length > 0 && this.#isDedented()) this.#target = this.#start;
    this.#pushFoot(at);
  }

  #pushFoot(end: number): void {
    if (this.#lines.length === 0) return;
    this.#push(this.#target, end, undefined, this.#lines);
    this.#scanStart = end;
    this.#target = end;
    this.#lines = [];
  }

  #endAsHead(end: number): void {
    if (this.#lines.length > 0) this.#push(this.#start, end, this.#lines, undefined);
  }

  #push(target: number, end: number, head: CommentLines | undefined, foot: CommentLines | undefined): void {
    this.#scanner.comments.push({
      scanStart: this.#scanStart,
      target,
      start: this.#start,
      startLine: this.#startLine,
      startColumn: this.#startColumn,
      end,
      head,
      line: undefined,
      foot,
    });
  }
}

/** The offset of the line break, or the end of the text, behind a comment. */
export function endOfComment(text: string, start: number): number {
  let end = start;
  while (!isBreakOrEnd(text.charCodeAt(end)) && end < text.length) end++;
  return end;
}
