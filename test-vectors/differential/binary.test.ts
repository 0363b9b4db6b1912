import { differential } from "./differential.js";
import { binaryDocuments } from "./generate/binary.js";

differential("binary", binaryDocuments);
