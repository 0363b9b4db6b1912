/** An organisation and a repository in memory. */
import {
  type ClusterFiles,
  identities,
  initialize,
  memoryStorage,
  type OrganisationOptions,
  resolveInRepository,
  unprotected,
} from "../dist/index.js";

export const clusterPath = "/clusters/one/cluster.yaml";

export interface World {
  organisation: OrganisationOptions;
  recipient: string;
  identity: string;
  files: ClusterFiles;
  /** All files, by their paths. */
  contents: Map<string, string>;
  /** Called before each replacement, with how many there were before; what it throws, `replace` throws. For `changed` nothing is written. */
  beforeReplace: (path: string, count: number) => unknown;
  read(path: string): string;
}

/** A repository whose files are given by their paths from the folder of the cluster file. */
export async function makeWorld(files: Record<string, string>): Promise<World> {
  const organisation = { storage: memoryStorage(), protector: unprotected, actor: "test" };
  const { recipient } = await initialize(organisation);
  const [identity] = await identities(organisation);
  const contents = new Map(
    Object.entries(files).map(([name, text]) => [
      `/clusters/${name.startsWith("../") ? name.slice(3) : `one/${name}`}`,
      text,
    ]),
  );
  let count = 0;
  const world: World = {
    organisation,
    recipient,
    identity: identity!,
    contents,
    beforeReplace: () => {},
    read: (path) => contents.get(`/clusters/${path}`)!,
    files: {
      async read(path) {
        const text = contents.get(path);
        return text === undefined ? undefined : new TextEncoder().encode(text);
      },
      async replace(path, expected, content) {
        if (world.beforeReplace(path, count++) === "changed") return false;
        if (contents.get(path) !== new TextDecoder().decode(expected)) return false;
        contents.set(path, new TextDecoder().decode(content));
        return true;
      },
      locate: async (cluster, path) => `/${resolveInRepository(cluster.split("/").slice(1, -1), path).join("/")}`,
    },
  };
  return world;
}

export const secret = `# the web shop's database
apiVersion: v1
kind: Secret
metadata:
  name: shop   # not secret
stringData:
    username: "shop"
    password: plain-secret-1   # rotate me
`;

export const pull = `apiVersion: v1
kind: Secret
metadata: { name: pull }
type: kubernetes.io/dockerconfigjson
data:
  .dockerconfigjson: cGxhaW4tc2VjcmV0LTI=
`;

export const grafana = `adminUser: admin

adminPassword: plain-secret-3   # of the dashboard
`;

export const chart = `auth:
  username: shop
  password: plain-secret-4
credentials:
  apiKey: 'plain-secret-5'
`;

export const base64 = (text: string): string => Buffer.from(text).toString("base64");

export const cluster = `apiVersion: v1
kind: ImportCluster
metadata:
  name: one   # the first

spec:
  stacks:
  - name: web
    manifests:
    - name: shop    # from a file
      from_file: manifests/shop.yaml
      encrypted_paths:
      - username
    - name: pull
      manifest_base64: "${base64(pull)}"   # inline

    addons:
    - name: grafana
      chart_name: grafana
      configuration:
        from_file: ../values/grafana.yaml
    - name: chart
      chart_name: chart
      configuration:
        values_base64: |
${base64(chart).replace(/.{1,40}/g, "          $&\n")}
        # what is secret
        encrypted_paths: []
    - name: ingress
      chart_name: ingress

  # the end
`;

export const repository = {
  "cluster.yaml": cluster,
  "manifests/shop.yaml": secret,
  "../values/grafana.yaml": grafana,
};
