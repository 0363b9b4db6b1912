/** The address that is shown. */
import { type ReadonlySignal, signal } from "@preact/signals";
import { hrefOf, parseHash, type Route } from "./address.js";

const current = signal<Route>({ page: "workbench", rest: "" });

export const route: ReadonlySignal<Route> = current;

/** Follows the address of the window. */
export function startRouting(): void {
  const read = () => {
    current.value = parseHash(location.hash);
  };
  addEventListener("hashchange", read);
  read();
}

/** Goes to a page. */
export function navigate(page: string, rest = ""): void {
  location.hash = hrefOf(page, rest);
}
