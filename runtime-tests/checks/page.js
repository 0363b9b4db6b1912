import { vectors } from "../.cache/vectors.js";
import { runChecks } from "./checks.js";
import { runLiveChecks } from "./live-checks.js";

globalThis.runChecks = (job) => (job === undefined ? runChecks({ vectors }) : runLiveChecks(job));
