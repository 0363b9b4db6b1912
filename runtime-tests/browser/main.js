import { vectors } from "../.cache/vectors.js";
import { runChecks } from "../checks.js";

globalThis.runChecks = () => runChecks({ vectors });
