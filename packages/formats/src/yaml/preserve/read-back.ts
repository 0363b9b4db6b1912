import { type Document, SopsError } from "@isosops/core";
import { parse } from "../tree/parse.js";

/**
 * What a reader makes of a text that rendering is about to give out; undefined where it cannot be read.
 *
 * Rendering reads where a comment may have come to stand elsewhere: which node a comment goes to depends on the lengths,
 * the columns and the kinds of all that stands around it, as go-yaml scans them, and an encrypted comment in another place
 * cannot be decrypted. So nothing but reading is a check. No text is read twice: what was read here is handed on with the
 * text (`RenderOptions.onRead`), to whoever else has to look at it.
 */
export function readBack(text: string): Document | undefined {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    return undefined;
  }
}
