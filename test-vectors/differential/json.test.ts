import { differential } from "./differential.js";
import { jsonDocuments } from "./generate/json.js";

differential("json", jsonDocuments);
