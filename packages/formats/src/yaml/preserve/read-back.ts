import { type Document, SopsError } from "@isosops/core";
import { parse } from "../tree/parse.js";

/**
 * Parses a text that rendering has made, to see where go-yaml finds its comments; undefined if it cannot be parsed.
 *
 * This is the only place where rendering parses. Which node a comment is attached to depends on the lengths, columns and kinds of
 * everything around it, and an encrypted comment cannot be decrypted elsewhere, so that parsing the result is the only
 * check. A result is parsed once: it is passed on (`RenderOptions.onRead`) to everyone else who has to look at it.
 */
export function readBack(text: string): Document | undefined {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    return undefined;
  }
}
