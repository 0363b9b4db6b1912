import type { JSX } from "preact";
import type { PageProps } from "../shell/pages.js";

export function StacksPage(_: PageProps): JSX.Element {
  return <h1>Stacks</h1>;
}
