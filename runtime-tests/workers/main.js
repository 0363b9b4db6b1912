import { vectors } from "../.cache/vectors.js";
import { runChecks } from "../checks.js";

export default {
  async fetch() {
    return Response.json(await runChecks({ vectors }));
  },
};
