import type { JSX } from "preact";
import type { PageProps } from "../shell/pages.js";

export function WorkbenchPage(_: PageProps): JSX.Element {
  return <h1>Workbench</h1>;
}
