import { lookup, type Node } from "@isosops/core";
import { loadStore } from "@isosops/formats/load";
import type { RepoServer } from "./settings.js";

/**
 * Finds the repo-server's Deployment in manifests: applied ones, the output of `helm template`, or that of `kubectl get
 * -o yaml`. It is found by the command that it runs, because its name and labels depend on the release.
 *
 * @param text - YAML of one document or several; Lists are searched too
 * @param filename - Used in error messages.
 * @returns undefined if there is none
 * @throws {SopsError} `syntax` if the text is not YAML, or another code of `decrypt` for what a store cannot hold.
 */
export async function findRepoServer(text: string, filename: string): Promise<RepoServer | undefined> {
  const store = await loadStore("yaml");
  for (const branch of store.parse(text, { filename }).branches) {
    const isList = textAt(branch, "kind")?.endsWith("List") === true;
    for (const object of isList ? itemsOf(at(branch, "items")) : [branch]) {
      const found = repoServerOf(object);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function repoServerOf(object: Node): RepoServer | undefined {
  const deployment = textAt(object, "metadata", "name");
  if (textAt(object, "kind") !== "Deployment" || deployment === undefined) return undefined;
  for (const container of itemsOf(at(object, "spec", "template", "spec", "containers"))) {
    const name = textAt(container, "name");
    const image = textAt(container, "image");
    if (name === undefined || image === undefined || !runsRepoServer(container)) continue;
    const labels = at(object, "metadata", "labels");
    return {
      namespace: textAt(object, "metadata", "namespace"),
      deployment,
      container: name,
      image,
      isChart:
        textAt(labels, "app.kubernetes.io/managed-by") === "Helm" || textAt(labels, "helm.sh/chart") !== undefined,
    };
  }
  return undefined;
}

function runsRepoServer(container: Node): boolean {
  const words = [...itemsOf(at(container, "command")), ...itemsOf(at(container, "args"))];
  return words.some((word) => /(^|\/)argocd-repo-server$/.test(textOf(word) ?? ""));
}

function itemsOf(node: Node | undefined): Node[] {
  return node?.kind === "sequence" ? node.items.filter((item) => item.kind !== "comment") : [];
}

function at(node: Node | undefined, ...path: string[]): Node | undefined {
  let found = node;
  for (const name of path) found = found?.kind === "mapping" ? lookup(found, name) : undefined;
  return found;
}

function textAt(node: Node | undefined, ...path: string[]): string | undefined {
  return textOf(at(node, ...path));
}

function textOf(node: Node | undefined): string | undefined {
  return node?.kind === "leaf" && typeof node.text === "string" ? node.text : undefined;
}
