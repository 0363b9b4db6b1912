/**
 * Writes the API reports, `api.md` in the folder of each package: what each entry point of a public package exports, with the types, so that a
 * change of it is seen in review. `pnpm api` brings them up to date; `pnpm api --check` fails where they are not.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import ts from "typescript-6";
import { publicPackages, top } from "./packaging/packages.js";

const check = process.argv.includes("--check");
const outdated = [];
for (const { name, path, manifest } of publicPackages()) {
  // What is internal is for packages of this repository.
  const entries = Object.entries(manifest.exports ?? {}).filter(
    ([key, target]) => target.types?.includes("*") === false && !key.startsWith("./internal/"),
  );
  if (entries.length === 0) continue;
  const report = `# API of ${name}\n\nMade by \`pnpm api\`.\n${reportOf(entries.map(([key, { types }]) => [name + key.slice(1), join(path, types)]))}`;
  const file = join(path, "api.md");
  if (existsSync(file) && readFileSync(file, "utf8") === report) continue;
  outdated.push(relative(top, file));
  if (!check) writeFileSync(file, report);
}
if (check && outdated.length > 0) {
  console.error(`The exports have changed: run \`pnpm api\`, and review ${outdated.join(", ")}.`);
  process.exitCode = 1;
}

/** @param {[name: string, file: string][]} entries the declarations of each entry point */
function reportOf(entries) {
  const options = {
    skipLibCheck: true,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
  };
  const program = ts.createProgram(
    entries.map(([, file]) => file),
    { ...options, target: ts.ScriptTarget.ES2022, lib: ["lib.es2023.d.ts", "lib.webworker.d.ts"], types: [] },
  );
  const checker = program.getTypeChecker();
  let report = "";
  for (const [name, file] of entries) {
    const module = checker.getSymbolAtLocation(program.getSourceFile(file));
    const exported = checker.getExportsOfModule(module).sort((a, b) => (a.name < b.name ? -1 : 1));
    report += `\n## ${name}\n\n\`\`\`ts\n${exported.map((symbol) => declarationOf(checker, symbol)).join("\n")}\n\`\`\`\n`;
  }
  return report;
}

/** The declarations of an exported name, without comments. */
function declarationOf(checker, symbol) {
  const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  const printer = ts.createPrinter({ removeComments: true });
  const texts = (target.declarations ?? []).map((declaration) => {
    const source = declaration.getSourceFile();
    const text = printer.printNode(ts.EmitHint.Unspecified, declaration, source);
    return ts.isVariableDeclaration(declaration) ? `const ${text};` : text.replace(/^export (?:declare )?/, "");
  });
  const renamed = target.name === symbol.name ? "" : `// as ${symbol.name}\n`;
  return renamed + texts.join("\n");
}
