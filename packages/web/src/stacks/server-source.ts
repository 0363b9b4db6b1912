/** Files of stacks on the server. */
import type { ClustersAnswer, FileAnswer, SaveAnswer } from "@isosops/gitops";
import { effect } from "@preact/signals";
import { ApiError, apiAddress, get, send } from "../api/client.js";
import { readOrganisation } from "../api/organisation.js";
import { mayAct, server } from "../api/session.js";
import { callEngine } from "../engine/client.js";
import { ChangedElsewhere, type StackSource } from "./source.js";

/** @param name of the server's folder */
export function serverSource(name: string): StackSource {
  // Whoever signs out leaves no data key in the worker.
  effect(() => {
    if (server.value.state === "signed-out") void callEngine("forgetKeys");
  });
  return {
    kind: "server",
    name,
    async clusters() {
      const { clusters } = await get<ClustersAnswer>("/clusters");
      return clusters.map(({ path, stacks, problem }) => ({
        path,
        problem: problem ?? undefined,
        stacks: stacks.map(({ name: stack, items }) => ({
          name: stack,
          items: items.map((item) => ({
            kind: item.kind,
            name: item.name,
            chart: item.chart ?? undefined,
            marks: item.marks,
            path: item.path ?? undefined,
            hasContent: item.path !== null || item.inline !== null,
          })),
        })),
      }));
    },
    async read(path) {
      try {
        return await get<FileAnswer>("/files", { path });
      } catch (error) {
        if (error instanceof ApiError && error.status === 404) return undefined;
        throw error;
      }
    },
    async write(files) {
      try {
        const answer = await send<SaveAnswer>("PUT", "/files", { files });
        const versions = answer.files.flatMap(({ path, version }) =>
          version === null ? [] : [[path, version] as const],
        );
        return { versions: new Map(versions), warnings: answer.warnings };
      } catch (error) {
        if (!(error instanceof ApiError) || error.changed.length === 0) throw error;
        throw new ChangedElsewhere(error.changed.map(({ path }) => path));
      }
    },
    organisation: readOrganisation,
    openWith() {
      const { value } = server;
      if (value.state !== "connected" || !mayAct("editor")) return undefined;
      return { kind: "server", api: apiAddress(), csrf: value.session.csrf };
    },
    get readOnlyReason() {
      // Who is signed out goes on typing, and signs in again to save.
      return server.value.state === "signed-out" || mayAct("editor")
        ? undefined
        : "You have the role viewer, and can look at files as they are stored. An editor can open and save them.";
    },
  };
}
