import { differential } from "./differential.js";
import { envDocuments } from "./generate/env.js";

differential("dotenv", envDocuments, [
  { source: "data=\ndata= \n", outputFormat: "binary" },
  { source: "# sops: encrypt\na=b\n", rule: { encryptedCommentRegex: "sops: enc" }, outputFormat: "json" },
  { source: "# sops: encrypt\na=b\n", rule: { encryptedCommentRegex: "sops: enc" }, outputFormat: "yaml" },
  { source: "#a\x01b\nA=b\n", outputFormat: "yaml" },
  { source: "#a\x01b\nA=b\n", rule: { encryptedSuffix: "b" }, outputFormat: "yaml" },
]);
