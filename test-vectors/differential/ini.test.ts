import { differential } from "./differential.js";
import { iniDocuments } from "./generate/ini.js";

differential("ini", iniDocuments);
