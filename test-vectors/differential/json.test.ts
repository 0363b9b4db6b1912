import { differential } from "./differential.js";
import { jsonDocuments } from "./generate/json.js";

differential("json", jsonDocuments, [
  { source: '{"a":[{"\\na":"b"}]}\n', rule: { encryptedSuffix: "b" }, outputFormat: "yaml" },
  { source: '{"a":-9e-325}\n', rule: { unencryptedRegex: "^a" } },
  { source: '{"a":100e-2}\n', rule: { unencryptedRegex: "^a" } },
]);
