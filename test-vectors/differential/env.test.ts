import { differential } from "./differential.js";
import { envDocuments } from "./generate/env.js";

differential("dotenv", envDocuments, [{ source: "data=\ndata= \n", outputFormat: "binary" }]);
