/** What the blocks of the README call your manifest and your cluster. */
import type { ClusterFiles } from "@isosops/gitops";

export const manifest = `apiVersion: v1
kind: Secret
metadata:
  name: shop
stringData:
  password: hunter2
  .dockerconfigjson: "{}"
auth:
  token: abc
`;

const cluster = `kind: ImportCluster
spec:
  stacks:
    - name: web
      manifests:
        - name: shop
          from_file: manifests/shop.yaml
`;
const contents = new Map([
  ["cluster.yaml", cluster],
  ["manifests/shop.yaml", "kind: Secret\nmetadata:\n  name: shop\nstringData:\n  api_token: abc\n"],
]);

/** The files of a repository, in memory. */
export const files: ClusterFiles = {
  async read(path) {
    const text = contents.get(path);
    return text === undefined ? undefined : new TextEncoder().encode(text);
  },
  async replace(path, _, content) {
    contents.set(path, new TextDecoder().decode(content));
    return true;
  },
  locate: async (_, path) => path,
};
