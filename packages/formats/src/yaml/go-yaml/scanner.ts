/**
 * Scans a text into tokens as go-yaml v3 does (scannerc.go): a YAML 1.1 scanner with simple keys and an indentation stack,
 * which collects comments beside the tokens (comments.ts).
 *
 * Why not the `yaml` package: it takes 2.2 s for a 3 MB file of 100,000 leaves, as long as the whole sops command, and it
 * neither resolves scalars nor attaches comments as go-yaml does, which the additional data of a comment depends on.
 */
import { isBlank, isBlankOrEnd, isBreak, isBreakOrEnd, isDocumentMarker, isWordCharacter } from "./characters.js";
import { type CommentRun, runOfLine, scanCommentRuns } from "./comments.js";
import { syntaxError } from "./problem.js";
import { scanBlockScalar, scanDoubleQuoted, scanPlain, scanSingleQuoted } from "./scan-scalar.js";
import { blockIndentShift, ScalarStyle, type SimpleKey, type Token, TokenKind } from "./tokens.js";

const noSimpleKey: SimpleKey = {
  possible: false,
  required: false,
  tokenNumber: 0,
  start: 0,
  pairs: 0,
  line: 0,
  column: 0,
};

/** Longest simple key, in characters (YAML 1.2.2, 7.4.2). */
const simpleKeyLength = 1024;

/** Deepest nesting, block or flow. go-yaml allows 10,000 levels, but code that walks the tree recurses on small stacks, too. */
export const deepestNesting = 1000;

/** The tokens of one source, in order. `peek` throws `SopsError` (`syntax`). */
export class Scanner {
  /** The source, padded with NULs for looking ahead. The source itself contains no NUL. */
  readonly text: string;
  readonly source: string;
  readonly length: number;
  position: number;
  line = 0;
  lineStart: number;
  /** Line breaks since the last character that is neither a blank nor a line break. */
  newlines = 0;
  flowLevel = 0;
  indent = -1;
  simpleKeyAllowed = true;
  readonly comments: CommentRun[] = [];
  /** Offsets of all comments so far, in file order. */
  readonly commentStarts: number[] = [];
  /** End of the plain or block scalar just scanned, without trailing white space. */
  scalarEnd = 0;
  /** Column of the content of the block scalar just scanned. */
  blockIndent = 0;

  #indents: number[] = [];
  #simpleKeys: SimpleKey[] = [noSimpleKey];
  #tokens: Token[] = [];
  #head = 0;
  #taken = 0;
  #ready = false;
  #ended = false;
  #pendingKey: SimpleKey | undefined;
  readonly #hasPairs: boolean;
  #pairs = 0;
  #pairsAboveLine = 0;
  #pairsCountedTo = 0;

  constructor(source: string) {
    this.source = source;
    this.length = source.length;
    this.text = `${source}\0\0\0\0`;
    this.position = source.charCodeAt(0) === 0xfeff ? 1 : 0;
    this.lineStart = this.position;
    this.#hasPairs = /[\udc00-\udfff]/.test(source);
  }

  /** Returns the next token without consuming it. */
  peek(): Token {
    if (!this.#ready) this.#fetch();
    return this.#tokens[this.#head]!;
  }

  /** Consumes the token that `peek` returned. */
  skip(): void {
    this.#ready = false;
    this.#taken++;
    this.#head++;
    if (this.#head > 512 && this.#head * 2 > this.#tokens.length) {
      this.#tokens = this.#tokens.slice(this.#head);
      this.#head = 0;
    }
  }

  fail(offset: number, problem: string): never {
    throw syntaxError(this.source, offset, problem);
  }

  /** The last token scanned so far. */
  lastToken(): Token | undefined {
    return this.#tokens[this.#tokens.length - 1];
  }

  tokenBeforeLast(): Token | undefined {
    return this.#tokens[this.#tokens.length - 2];
  }

  /**
   * Scans until two more tokens follow the next one, as go-yaml does, so that comments below a token are known in time. The
   * attachment of comments depends on it.
   */
  #fetch(): void {
    for (;;) {
      if (this.#head < this.#tokens.length - 2) {
        const key = this.#tokens[this.#head]!.simpleKey;
        if (key === undefined || !this.#isStillPossible(key)) break;
      }
      this.#fetchNext();
    }
    this.#ready = true;
  }

  #push(kind: number, start: number, end: number, value = "", suffix = "", style = 0): void {
    this.#tokens.push({ kind, start, end, value, suffix, style, simpleKey: this.#pendingKey });
    this.#pendingKey = undefined;
  }

  #insert(number: number, kind: number, start: number): void {
    const token: Token = { kind, start, end: start, value: "", suffix: "", style: 0, simpleKey: undefined };
    if (number < 0) this.#tokens.push(token);
    else this.#tokens.splice(this.#head + number - this.#taken, 0, token);
  }

  #fetchNext(): void {
    if (this.#tokens.length === 0) {
      this.#push(TokenKind.streamStart, this.position, this.position);
      return;
    }
    if (this.#ended) {
      this.#push(TokenKind.streamEnd, this.position, this.position);
      return;
    }
    const scanStart = this.position;
    this.#scanToNextToken();
    this.#unrollIndent(this.column, scanStart);
    const { text, position } = this;
    const code = text.charCodeAt(position);
    if (code === 0) {
      this.#fetchStreamEnd();
      return;
    }
    if (position === this.lineStart) {
      if (code === 0x25) {
        this.#fetchDirective();
        return;
      }
      if (isDocumentMarker(text, position)) {
        this.#fetchDocumentMarker(code === 0x2d ? TokenKind.documentStart : TokenKind.documentEnd);
        return;
      }
    }
    let commentTarget = position;
    if (this.flowLevel === 0 ? code === 0x3a : code === 0x2c) {
      // A comment after `key:` or `value,` belongs to the key or the value.
      commentTarget = this.#tokens[this.#tokens.length - 1]!.start;
    }
    this.#fetchContent(code);
    // A `-` has no comment of its own. One after it becomes a head comment of what follows.
    if (this.newlines === 0 && this.#tokens[this.#tokens.length - 1]!.kind !== TokenKind.blockEntry) {
      runOfLine(this, commentTarget);
    }
  }

  #fetchContent(code: number): void {
    const { text, position } = this;
    const next = text.charCodeAt(position + 1);
    switch (code) {
      case 0x5b:
        this.#fetchFlowStart(TokenKind.flowSequenceStart);
        return;
      case 0x7b:
        this.#fetchFlowStart(TokenKind.flowMappingStart);
        return;
      case 0x5d:
        this.#fetchFlowEnd(TokenKind.flowSequenceEnd);
        return;
      case 0x7d:
        this.#fetchFlowEnd(TokenKind.flowMappingEnd);
        return;
      case 0x2c:
        this.#fetchFlowEntry();
        return;
      case 0x2d:
        if (isBlankOrEnd(next)) {
          this.#fetchBlockEntry();
          return;
        }
        this.#fetchScalar(code);
        return;
      case 0x3f:
        if (this.flowLevel > 0 || isBlankOrEnd(next)) {
          this.#fetchKey();
          return;
        }
        this.#fetchScalar(code);
        return;
      case 0x3a:
        if (this.flowLevel > 0 || isBlankOrEnd(next)) {
          this.#fetchValue();
          return;
        }
        this.#fetchScalar(code);
        return;
      case 0x2a:
        this.#fetchAnchor(TokenKind.alias);
        return;
      case 0x26:
        this.#fetchAnchor(TokenKind.anchor);
        return;
      case 0x21:
        this.#fetchTag();
        return;
      case 0x7c:
      case 0x3e:
        if (this.flowLevel === 0) {
          this.#fetchBlockScalar(code === 0x7c);
          return;
        }
        break;
      case 0x09:
        this.fail(position, "A tab stands where only spaces can indent. Replace it by spaces.");
        break;
      case 0x23:
      case 0x25:
      case 0x40:
      case 0x60:
      case 0x20:
        break;
      default:
        this.#fetchScalar(code);
        return;
    }
    this.fail(position, "No value can begin with this character. Put the value into quotes.");
  }

  #fetchScalar(code: number): void {
    this.#saveSimpleKey();
    this.simpleKeyAllowed = false;
    const start = this.position;
    if (code === 0x27) {
      const value = scanSingleQuoted(this);
      this.#push(TokenKind.scalar, start, this.position, value, "", ScalarStyle.single);
    } else if (code === 0x22) {
      const value = scanDoubleQuoted(this);
      this.#push(TokenKind.scalar, start, this.position, value, "", ScalarStyle.double);
    } else {
      const value = scanPlain(this);
      this.#push(TokenKind.scalar, start, this.scalarEnd, value, "", ScalarStyle.plain);
    }
  }

  #fetchBlockScalar(literal: boolean): void {
    this.#removeSimpleKey();
    this.simpleKeyAllowed = true;
    const start = this.position;
    const value = scanBlockScalar(this, literal);
    const style = (literal ? ScalarStyle.literal : ScalarStyle.folded) | (this.blockIndent << blockIndentShift);
    this.#push(TokenKind.scalar, start, this.scalarEnd, value, "", style);
  }

  #isStillPossible(key: SimpleKey): boolean {
    if (!key.possible) return false;
    if (key.line < this.line || this.#isTooFarFrom(key)) {
      if (key.required) this.#failKey(key);
      key.possible = false;
      return false;
    }
    return true;
  }

  #isTooFarFrom({ start, pairs }: SimpleKey): boolean {
    if (start + simpleKeyLength >= this.position) return false;
    if (start + 2 * simpleKeyLength < this.position) return true;
    // The limit is in characters. Those beyond the basic plane are two code units here.
    return this.position - start - (this.#pairsSoFar() - pairs) > simpleKeyLength;
  }

  /** 0-based column in characters, as in go-yaml: a surrogate pair counts once. */
  get column(): number {
    const column = this.position - this.lineStart;
    return this.#hasPairs ? column - (this.#pairsSoFar() - this.#pairsAboveLine) : column;
  }

  /** Surrogate pairs up to here, counted from where the last call stopped, since every token asks for it. */
  #pairsSoFar(): number {
    if (!this.#hasPairs) return 0;
    if (this.#pairsCountedTo <= this.lineStart) {
      this.#countPairsTo(this.lineStart);
      this.#pairsAboveLine = this.#pairs;
    }
    this.#countPairsTo(this.position);
    return this.#pairs;
  }

  #countPairsTo(end: number): void {
    for (; this.#pairsCountedTo < end; this.#pairsCountedTo++) {
      if ((this.text.charCodeAt(this.#pairsCountedTo) & 0xfc00) === 0xdc00) this.#pairs++;
    }
  }

  #failKey(key: SimpleKey): never {
    return this.fail(
      key.start,
      "This line is read as a key, but no `:` follows it. Write `key: value`, or indent the line if it belongs to a value above.",
    );
  }

  #saveSimpleKey(): void {
    if (!this.simpleKeyAllowed) return;
    const { column } = this;
    const key: SimpleKey = {
      possible: true,
      required: this.flowLevel === 0 && this.indent === column,
      tokenNumber: this.#taken + this.#tokens.length - this.#head,
      start: this.position,
      pairs: this.#pairsSoFar(),
      line: this.line,
      column,
    };
    this.#removeSimpleKey();
    this.#simpleKeys[this.#simpleKeys.length - 1] = key;
    this.#pendingKey = key;
  }

  #removeSimpleKey(): void {
    const key = this.#simpleKeys[this.#simpleKeys.length - 1]!;
    if (key.possible) {
      if (key.required) this.#failKey(key);
      key.possible = false;
    }
  }

  #rollIndent(column: number, number: number, kind: number, start: number): void {
    if (this.flowLevel > 0 || this.indent >= column) return;
    this.#indents.push(this.indent);
    this.indent = column;
    if (this.#indents.length > deepestNesting) this.#failDepth(start);
    this.#insert(number, kind, start);
  }

  #failDepth(start: number): never {
    return this.fail(start, `This is nested more than ${deepestNesting} levels deep. Flatten the document.`);
  }

  /** Closes the blocks that are indented deeper than `column`. */
  #unrollIndent(column: number, scanStart: number): void {
    if (this.flowLevel > 0) return;
    let blockEnd = scanStart - 1;
    while (this.indent > column) {
      // A block ends before comments at its parent's indentation, so that they belong to the parent.
      let stop = blockEnd;
      for (let i = this.comments.length - 1; i >= 0; i--) {
        const run = this.comments[i]!;
        if (run.end < stop) break;
        if (run.startColumn === this.indent + 1) blockEnd = run.start;
        stop = run.scanStart;
      }
      this.#insert(-1, TokenKind.blockEnd, blockEnd);
      this.indent = this.#indents.pop()!;
    }
  }

  #fetchStreamEnd(): void {
    if (this.position !== this.lineStart) {
      this.lineStart = this.position;
      this.line++;
    }
    this.#unrollIndent(-1, this.position);
    this.#removeSimpleKey();
    this.simpleKeyAllowed = false;
    this.#ended = true;
    this.#push(TokenKind.streamEnd, this.position, this.position);
  }

  #fetchDocumentMarker(kind: number): void {
    this.#unrollIndent(-1, this.position);
    this.#removeSimpleKey();
    this.simpleKeyAllowed = false;
    this.#pushIndicator(kind, 3);
  }

  #pushIndicator(kind: number, width: number): void {
    const start = this.position;
    this.position += width;
    this.newlines = 0;
    this.#push(kind, start, this.position);
  }

  #fetchFlowStart(kind: number): void {
    this.#saveSimpleKey();
    this.#simpleKeys.push(noSimpleKey);
    this.flowLevel++;
    if (this.flowLevel > deepestNesting) this.#failDepth(this.position);
    this.simpleKeyAllowed = true;
    this.#pushIndicator(kind, 1);
  }

  #fetchFlowEnd(kind: number): void {
    this.#removeSimpleKey();
    if (this.flowLevel > 0) {
      this.flowLevel--;
      this.#simpleKeys.pop();
    }
    this.simpleKeyAllowed = false;
    this.#pushIndicator(kind, 1);
  }

  #fetchFlowEntry(): void {
    this.#removeSimpleKey();
    this.simpleKeyAllowed = true;
    this.#pushIndicator(TokenKind.flowEntry, 1);
  }

  #fetchBlockEntry(): void {
    if (this.flowLevel === 0) {
      if (!this.simpleKeyAllowed) {
        this.fail(this.position, "A list item cannot begin here. Put the `-` on a line of its own, below the key.");
      }
      this.#rollIndent(this.column, -1, TokenKind.blockSequenceStart, this.position);
    }
    this.#removeSimpleKey();
    this.simpleKeyAllowed = true;
    this.#pushIndicator(TokenKind.blockEntry, 1);
  }

  #fetchKey(): void {
    if (this.flowLevel === 0) {
      if (!this.simpleKeyAllowed) this.fail(this.position, "A key cannot begin here. Put it on a line of its own.");
      this.#rollIndent(this.column, -1, TokenKind.blockMappingStart, this.position);
    }
    this.#removeSimpleKey();
    this.simpleKeyAllowed = this.flowLevel === 0;
    this.#pushIndicator(TokenKind.key, 1);
  }

  #fetchValue(): void {
    const key = this.#simpleKeys[this.#simpleKeys.length - 1]!;
    if (this.#isStillPossible(key)) {
      this.#insert(key.tokenNumber, TokenKind.key, key.start);
      this.#rollIndent(key.column, key.tokenNumber, TokenKind.blockMappingStart, key.start);
      key.possible = false;
      this.simpleKeyAllowed = false;
    } else {
      if (this.flowLevel === 0) {
        if (!this.simpleKeyAllowed) {
          this.fail(this.position, "A `: ` cannot stand here. Put a value that holds `: ` into quotes.");
        }
        this.#rollIndent(this.column, -1, TokenKind.blockMappingStart, this.position);
      }
      this.simpleKeyAllowed = this.flowLevel === 0;
    }
    this.#pushIndicator(TokenKind.value, 1);
  }

  #fetchAnchor(kind: number): void {
    this.#saveSimpleKey();
    this.simpleKeyAllowed = false;
    const start = this.position;
    let end = start + 1;
    while (isWordCharacter(this.text.charCodeAt(end))) end++;
    const code = this.text.charCodeAt(end);
    if (end === start + 1 || !(isBlankOrEnd(code) || "?:,]}%@`".includes(this.text[end]!))) {
      this.fail(
        start,
        "The name of an anchor or alias is made of letters, digits, `_` and `-`. Correct it, or put the value into quotes.",
      );
    }
    this.position = end;
    this.newlines = 0;
    this.#push(kind, start, end, this.text.slice(start + 1, end));
  }

  #fetchTag(): void {
    this.#saveSimpleKey();
    this.simpleKeyAllowed = false;
    const { text } = this;
    const start = this.position;
    let handle = "";
    let suffix: string;
    if (text.charCodeAt(start + 1) === 0x3c) {
      this.position = start + 2;
      suffix = this.#scanTagUri("", false, start);
      if (text.charCodeAt(this.position) !== 0x3e) this.fail(start, "This tag has no closing `>`. Add it.");
      this.position++;
    } else {
      handle = this.#scanTagHandle();
      if (handle.length > 1 && handle.endsWith("!")) suffix = this.#scanTagUri("", false, start);
      else {
        suffix = this.#scanTagUri(handle.slice(1), true, start);
        handle = "!";
        if (suffix === "") {
          handle = "";
          suffix = "!";
        }
      }
    }
    if (!isBlankOrEnd(text.charCodeAt(this.position))) {
      this.fail(start, "A space has to follow a tag. Add it, or put the value into quotes.");
    }
    this.newlines = 0;
    this.#push(TokenKind.tag, start, this.position, handle, suffix);
  }

  #scanTagHandle(): string {
    const start = this.position;
    let end = start + 1;
    while (isWordCharacter(this.text.charCodeAt(end))) end++;
    if (this.text.charCodeAt(end) === 0x21) end++;
    this.position = end;
    return this.text.slice(start, end);
  }

  #scanTagUri(head: string, mayBeEmpty: boolean, tagStart: number): string {
    const { text } = this;
    const start = this.position;
    let end = start;
    let escaped = false;
    for (;;) {
      const code = text.charCodeAt(end);
      if (isWordCharacter(code) || (code !== 0 && ";/?:@&=+$,.!~*'()[]%".includes(text[end]!))) {
        if (code === 0x25) escaped = true;
        end++;
      } else break;
    }
    if (end === start && !mayBeEmpty)
      this.fail(tagStart, "This tag has no name. Write one, or put the value into quotes.");
    this.position = end;
    const uri = text.slice(start, end);
    if (!escaped) return head + uri;
    try {
      return head + decodeURIComponent(uri);
    } catch {
      return this.fail(tagStart, "A `%` in a tag begins the two hexadecimal digits of a UTF-8 byte. Correct them.");
    }
  }

  #fetchDirective(): void {
    this.#unrollIndent(-1, this.position);
    this.#removeSimpleKey();
    this.simpleKeyAllowed = false;
    const { text } = this;
    const start = this.position;
    let end = start + 1;
    while (isWordCharacter(text.charCodeAt(end))) end++;
    const name = text.slice(start + 1, end);
    this.position = end;
    this.newlines = 0;
    if ((name !== "YAML" && name !== "TAG") || !isBlankOrEnd(text.charCodeAt(end))) {
      this.fail(
        start,
        "Of the lines that begin with `%`, only `%YAML` and `%TAG` are known. Put a value that begins with `%` into quotes.",
      );
    }
    this.#skipBlanks();
    if (name === "YAML") {
      const version = /\d{1,2}\.\d{1,2}(?!\d)/y;
      version.lastIndex = this.position;
      const match = version.exec(text);
      if (match === null)
        this.fail(start, "A `%YAML` line ends with a version. Write `%YAML 1.1`, or remove the line.");
      this.position = version.lastIndex;
      this.#push(TokenKind.versionDirective, start, this.position, match[0]);
    } else {
      if (text.charCodeAt(this.position) !== 0x21) this.fail(start, tagDirectiveProblem);
      const handle = this.#scanTagHandle();
      if ((handle !== "!" && !handle.endsWith("!")) || !isBlank(text.charCodeAt(this.position))) {
        this.fail(start, tagDirectiveProblem);
      }
      this.#skipBlanks();
      const prefix = this.#scanTagUri("", false, start);
      if (!isBlankOrEnd(text.charCodeAt(this.position))) this.fail(start, tagDirectiveProblem);
      this.#push(TokenKind.tagDirective, start, this.position, handle, prefix);
    }
    this.#skipBlanks();
    if (text.charCodeAt(this.position) === 0x23) {
      this.commentStarts.push(this.position);
      while (!isBreakOrEnd(text.charCodeAt(this.position))) this.position++;
    }
    if (!isBreakOrEnd(text.charCodeAt(this.position))) {
      this.fail(start, "Something stands behind this directive. Remove it.");
    }
    this.skipBreak();
  }

  /** Takes the comment at this position, after the header of a block scalar. */
  lineCommentHere(target: number): void {
    runOfLine(this, target);
  }

  #skipBlanks(): void {
    while (isBlank(this.text.charCodeAt(this.position))) this.position++;
  }

  /** Skips a line break, if there is one here. */
  skipBreak(): void {
    const code = this.text.charCodeAt(this.position);
    if (!isBreak(code)) return;
    this.position += code === 0x0d && this.text.charCodeAt(this.position + 1) === 0x0a ? 2 : 1;
    this.lineStart = this.position;
    this.line++;
    this.newlines++;
  }

  #scanToNextToken(): void {
    const { text } = this;
    const scanStart = this.position;
    const scanLine = this.line;
    for (;;) {
      let code = text.charCodeAt(this.position);
      while (code === 0x20 || (code === 0x09 && (this.flowLevel > 0 || !this.simpleKeyAllowed))) {
        code = text.charCodeAt(++this.position);
      }
      if (this.comments.length > 0) this.#repositionLineComment(code);
      if (code === 0x23) {
        scanCommentRuns(this, scanStart, scanLine);
        code = text.charCodeAt(this.position);
      }
      if (!isBreak(code)) return;
      this.skipBreak();
      if (this.flowLevel === 0) this.simpleKeyAllowed = true;
    }
  }

  /** In `- # comment`, the comment becomes a head comment of what follows the `-`. */
  #repositionLineComment(code: number): void {
    const last = this.comments[this.comments.length - 1]!;
    if (last.line === undefined || isBreak(code)) return;
    const { length } = this.#tokens;
    if (
      length > 1 &&
      this.#tokens[length - 2]!.kind === TokenKind.blockSequenceStart &&
      this.#tokens[length - 1]!.kind === TokenKind.blockEntry
    ) {
      last.head = last.line;
      last.line = undefined;
      if (last.startLine === this.line - 1) last.target = this.position;
    }
  }
}

const tagDirectiveProblem = "A `%TAG` line is `%TAG !handle! prefix`. Write it so, or remove it.";
