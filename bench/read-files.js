// Reads all files below a folder and does nothing with them: what a program over many files is compared with.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

let bytes = 0;
for (const entry of readdirSync(process.argv[2], { withFileTypes: true, recursive: true })) {
  if (entry.isFile()) bytes += readFileSync(join(entry.parentPath, entry.name)).length;
}
console.log(bytes);
