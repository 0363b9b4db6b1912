import type { JSX } from "preact";
import type { PageProps } from "../shell/pages.js";

export function OrganisationPage(_: PageProps): JSX.Element {
  return <h1>Organisation</h1>;
}
