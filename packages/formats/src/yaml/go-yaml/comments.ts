/**
 * Comments: which ones belong to the node above (foot), beside (line) or below (head), as go-yaml v3 decides it
 * (scannerc.go, `yaml_parser_scan_comments` and `yaml_parser_scan_line_comment`), odd cases included. The path of a
 * comment is part of its additional data, so sops cannot decrypt one that is attached elsewhere.
 */
import { isBlank, isBreak, isBreakOrEnd } from "./characters.js";
import type { Scanner } from "./scanner.js";
import { type Token, TokenKind } from "./tokens.js";

/**
 * Comment lines. go-yaml joins them into one string. Here each line is the offset of its `#`, and each line break between
 * or after them is -1, so that splitting and joining give the same result.
 */
export type CommentLines = number[];

/** Stands for a line break in `CommentLines`. */
export const lineBreak = -1;

/** Comment lines that belong together. */
export interface CommentRun {
  /** Start of the scan that found it. Between here and `end` are only comments and white space. */
  scanStart: number;
  /** Offset of the first token that it belongs to. */
  target: number;
  start: number;
  startLine: number;
  startColumn: number;
  /** End of the scan that found it; 0 for a comment beside a value. */
  end: number;
  head: CommentLines | undefined;
  line: CommentLines | undefined;
  foot: CommentLines | undefined;
}

/** How many characters go-yaml looks ahead for the next comment. */
const lookahead = 512;

/** Takes the comment after the token just scanned, on the same line, if there is one. */
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

/** What the scan finds at an offset. */
const Seen = { blank: 0, lineBreak: 1, end: 2, closingBracket: 3, comment: 4, content: 5 } as const;

/**
 * Scans the comments between two tokens (scannerc.go, `yaml_parser_scan_comments`). `scanner` is at the first `#`, and
 * ends up after the last comment.
 *
 * @param scanStart offset at which the white space around the comments begins
 * @param scanLine 0-based line of that offset
 */
export function scanCommentRuns(scanner: Scanner, scanStart: number, scanLine: number): void {
  new CommentScan(scanner, scanStart, scanLine).scan();
}

/**
 * Groups comment lines into runs. A run is open while more lines can join it. It ends as a foot comment of what is above if
 * an empty line, a closing bracket or a dedent follows, and as a head comment of what is below otherwise.
 */
class CommentScan {
  readonly #scanner: Scanner;
  /** The token above. */
  readonly #token: Token;
  /** Line on which a run has to begin to be a foot comment of the token above; -1 if none can be. */
  readonly #footLine: number;
  /** Column of the innermost open block. A comment left of it is dedented. */
  readonly #indent: number;
  #scanStart: number;
  #line: number;
  /** 1-based, as in go-yaml. */
  #column: number;
  /** No empty line so far since the token above. */
  #isRightBelow: boolean;
  /** The line above is empty. */
  #isBelowEmptyLine = false;
  /** The offset stands for the continuation bytes of a line break (NEL, LS, PS). */
  #isWithinBreak = false;
  /** Lines of the open run; empty if no run is open. */
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
        // go-yaml continues one character after the comment, so it skips the comment's own line break (of CR LF, only the CR).
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
    // go-yaml reads bytes: after the first byte of NEL, LS or PS it sees the continuation bytes, which are content to it.
    if (this.#isWithinBreak) return Seen.content;
    // Beyond the end of the text it sees NULs.
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

  /** Whether the open run would be a foot comment if it ended here. */
  #isFoot(): boolean {
    const isAtToken = this.#startLine === this.#footLine && this.#token.kind !== TokenKind.value;
    return this.#isRightBelow && (isAtToken || this.#isDedented());
  }

  #isDedented(): boolean {
    return this.#startColumn - 1 < this.#indent;
  }

  /** Ends the open run at something that is dedented and in another column. */
  #endAtDedent(at: number): void {
    if (this.#column - 1 < this.#indent && this.#column !== this.#startColumn) this.#pushFoot(at);
  }

  #endAsFoot(at: number): void {
    // A dedented run does not belong to the token above.
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

/** Offset at which the comment ends that starts at `start`. */
export function endOfComment(text: string, start: number): number {
  let end = start;
  while (!isBreakOrEnd(text.charCodeAt(end)) && end < text.length) end++;
  return end;
}
