import type { JSX } from "preact";
import type { PageProps } from "../shell/pages.js";

export function ClustersPage(_: PageProps): JSX.Element {
  return <h1>Clusters</h1>;
}
