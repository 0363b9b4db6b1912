import { vectors } from "../.cache/vectors.js";
import { runChecks } from "./checks.js";
import { runLiveChecks } from "./live-checks.js";

export default {
  async fetch(request) {
    const isLive = request.method === "POST";
    return Response.json(await (isLive ? runLiveChecks(await request.json()) : runChecks({ vectors })));
  },
};
