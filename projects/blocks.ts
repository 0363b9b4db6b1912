/**
 * The blocks of code in Markdown, as modules of a project that compile and run.
 *
 * A block may use what earlier blocks of its file declare, and what the fixtures of the file export: what its text calls
 * "your file", "your key". A block that cannot run here says so in its first line: `// In Deno.`, `// Needs AWS KMS.`
 */
import { readFileSync } from "node:fs";
// The compiler that the workspace uses, version 7, has no API for programs.
import ts from "typescript-6";
import { blocksOf } from "../docs/blocks.js";

export interface CodeBlock {
  /** Of its first line in the file. */
  readonly line: number;
  readonly code: string;
  /** What it takes to run, if the test cannot run it, such as "a browser". */
  readonly needs: string | undefined;
}

/** Returns the fenced blocks in these languages, such as `js`, in their order. */
export function codeBlocksOf(markdown: string, languages: readonly string[]): CodeBlock[] {
  return blocksOf(markdown)
    .filter(({ language }) => languages.includes(language))
    .map(({ line, text }) => ({
      line: line + 1,
      code: text.replace(/\n$/, ""),
      needs: /^\/\/ (?:In|Needs) (.+)\.\n/.exec(text)?.[1],
    }));
}

export interface Modules {
  /** The modules by file name, and `main.ts`, which imports those that run, one after the other. */
  readonly files: Record<string, string>;
  /** What does not run, as "line 17: needs a browser". */
  readonly skipped: readonly string[];
}

/**
 * Makes a module of each block.
 *
 * @param fixtures the text of a module, loaded first, whose exports the blocks may use; or undefined
 */
export function toModules(blocks: readonly CodeBlock[], fixtures: string | undefined): Modules {
  const files: Record<string, string> = { "check.ts": checkModule };
  const skipped: string[] = [];
  const runs: string[] = [];
  const given = new Map<string, string>();
  if (fixtures !== undefined) {
    files["fixtures.ts"] = fixtures;
    runs.push("fixtures.ts");
  }
  const fixed = new Set(declared(fixtures ?? "", true).names);

  for (const block of blocks) {
    const commonJs = /\brequire\(|\bmodule\.exports\b/.test(block.code);
    const file = `line-${block.line}.${commonJs ? "cts" : "ts"}`;
    const { names, imported } = declared(block.code);
    const used = (name: string) => new RegExp(`(?<![\\w.$]|["'/-])${name}\\b(?!:)`).test(block.code);
    const head: string[] = [];
    for (const [name, from] of [...given, ...[...fixed].map((name) => [name, "fixtures.ts"] as const)]) {
      if (names.includes(name) || imported.includes(name) || !used(name)) continue;
      if (from !== "fixtures.ts" && fixed.has(name)) continue;
      if (block.needs === undefined && from !== "fixtures.ts" && !runs.includes(from))
        throw new Error(`line ${block.line} uses ${name} of a block that does not run`);
      head.push(`import { ${name} } from "./${from}";`);
    }
    if (commonJs) {
      files[file] = block.code;
    } else {
      const checks = block.needs === undefined ? withChecks(block) : block.code;
      const tail = names.length === 0 ? "export {};" : `export { ${names.join(", ")} };`;
      // The head is one line, so that the numbers of lines stay those of the block.
      files[file] = `${head.join(" ")} import { check } from "./check.ts"; void check;\n${checks}\n${tail}\n`;
      for (const name of [...names, ...imported]) if (names.includes(name)) given.set(name, file);
    }
    if (block.needs === undefined) runs.push(file);
    else skipped.push(`line ${block.line}: needs ${block.needs}`);
  }
  files["main.ts"] = `${runs.map((file) => `await import("./${file}");`).join("\n")}\nexport {};\n`;
  return { files, skipped };
}

/** Compares what an expression gives with what the comment behind it says. */
const checkModule = `
import assert from "node:assert/strict";
export function check(actual: unknown, expected: unknown): void {
  assert.deepEqual(actual, expected);
}
`;

/** Whoever writes \`plain.text === source; // true\` promises it. */
function withChecks({ code }: CodeBlock): string {
  const source = ts.createSourceFile("block.ts", code, ts.ScriptTarget.Latest, true);
  let checked = code;
  for (const statement of [...source.statements].reverse()) {
    if (!ts.isExpressionStatement(statement)) continue;
    const comment = /^[ \t]*\/\/ ?(true|false|-?\d+|".*?"|\{.*\}|\[.*\])(?=$|[:,;]? )/.exec(
      code.slice(statement.end).split("\n", 1)[0]!,
    )?.[1];
    if (comment === undefined || comment.includes("...") || !parses(comment)) continue;
    const expression = code.slice(statement.expression.getStart(), statement.expression.end);
    checked = `${checked.slice(0, statement.getStart())}check(${expression}, ${comment});${checked.slice(statement.end)}`;
  }
  return checked;
}

function parses(expression: string): boolean {
  try {
    new Function(`return (${expression});`)();
    return true;
  } catch {
    return false;
  }
}

/** The names that a module declares and imports at its top level. */
function declared(code: string, exportedOnly = false): { names: string[]; imported: string[] } {
  const names: string[] = [];
  const imported: string[] = [];
  const bind = (name: ts.BindingName): void => {
    if (ts.isIdentifier(name)) names.push(name.text);
    else for (const element of name.elements) if (ts.isBindingElement(element)) bind(element.name);
  };
  for (const statement of ts.createSourceFile("block.ts", code, ts.ScriptTarget.Latest).statements) {
    const modifiers = ts.canHaveModifiers(statement) ? ts.getModifiers(statement) : undefined;
    const exported = modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) === true;
    if (exportedOnly && !exported) continue;
    if (ts.isVariableStatement(statement)) for (const { name } of statement.declarationList.declarations) bind(name);
    if ((ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)) && statement.name !== undefined)
      names.push(statement.name.text);
    if (!ts.isImportDeclaration(statement)) continue;
    const clause = statement.importClause;
    if (clause?.name !== undefined) imported.push(clause.name.text);
    const bindings = clause?.namedBindings;
    if (bindings === undefined) continue;
    if (ts.isNamespaceImport(bindings)) imported.push(bindings.name.text);
    else imported.push(...bindings.elements.map(({ name }) => name.text));
  }
  return { names, imported };
}

/** Reads the text of a file of the repository. */
export function readText(path: string): string {
  return readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
}
