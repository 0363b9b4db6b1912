/** What the worker does for the page: all that reads, encrypts or decrypts a document. Arguments and results can be copied between threads. */

import { stackOperations } from "../stacks/operations.js";
import { type FormatName, outlinePlain, readDocument } from "./documents.js";
import {
  checkRecipients,
  createIdentity,
  creationRuleFor,
  readIdentities,
  ruleForFile,
  wrapWithPassphrase,
} from "./keys.js";
import { shownDiff } from "./line-diff.js";
import { closeDocument, openDocument, outlineOpened, sealOpened } from "./opened.js";
import { previewSealing, sealDocument } from "./sealing.js";

/** The functions that the page can call. */
export const operations = {
  checkRecipients,
  closeDocument,
  createIdentity,
  diff: async (before: string, after: string) => shownDiff(before, after),
  openDocument,
  outlineOpened,
  outlinePlain,
  previewSealing,
  readDocument: async (source: string | Uint8Array, format: FormatName, config?: { text: string; path: string }) =>
    readDocument(source, format, config === undefined ? undefined : await creationRuleFor(config.text, config.path)),
  readIdentities,
  ruleForFile,
  sealDocument,
  sealOpened,
  wrapWithPassphrase,
  ...stackOperations,
};
