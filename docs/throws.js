/*
 * A TypeDoc plugin that checks `@throws` tags: each starts with the class in braces, and each code that it quotes is one
 * of that class. An error of this package family without a code says nothing that a caller can act on.
 */

import { readFileSync } from "node:fs";
import { Application } from "typedoc";

const codesOf = {
  AgeError: readCodes("../packages/age/src/error.ts", "AgeErrorCode"),
  GitopsError: readCodes("../packages/gitops/src/error.ts", "GitopsErrorCode"),
  SopsError: readCodes("../packages/core/src/errors.ts", "ErrorCode"),
};

/** The members of a union of string literals. Its comments may contain semicolons and quotes. */
function readCodes(file, type) {
  const source = readFileSync(new URL(file, import.meta.url), "utf8");
  const start = source.indexOf(`export type ${type} =`);
  if (start === -1) throw new Error(`${file} has no type ${type}`);
  const code = source.slice(start).replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");
  return new Set(Array.from(code.slice(0, code.indexOf(";")).matchAll(/"(\w+)"/g), ([, name]) => name));
}

/** What is wrong with a `@throws` tag; undefined if nothing is. */
function problemOf(name, text) {
  if (name === undefined) return "does not name the class of the error in braces";
  if (!(name in codesOf)) return undefined;
  const words = Array.from(text.matchAll(/`(\w+)`/g), ([, word]) => word);
  if (words.some((word) => codesOf[name].has(word)) || /\blike \{@link/i.test(text)) return undefined;
  return `names no code of ${name}`;
}

/** @param {Application} app */
export function load(app) {
  app.on(Application.EVENT_VALIDATE_PROJECT, (project) => {
    for (const reflection of Object.values(project.reflections)) {
      for (const tag of reflection.comment?.blockTags ?? []) {
        if (tag.tag !== "@throws") continue;
        const text = tag.content.map((part) => part.text).join("");
        const problem = problemOf(tag.typeAnnotation?.slice(1, -1), text);
        if (problem !== undefined) {
          app.logger.validationWarning(`${reflection.getFriendlyFullName()}: @throws ${problem}: ${text.slice(0, 60)}`);
        }
      }
    }
  });
}
