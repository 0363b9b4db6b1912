/** Light, dark, or as the system is. The choice is all that we keep in `localStorage`. */
import { type ReadonlySignal, signal } from "@preact/signals";

export type Theme = "system" | "light" | "dark";

const key = "isosops-theme";
const current = signal<Theme>("system");

export const theme: ReadonlySignal<Theme> = current;

export function setTheme(chosen: Theme): void {
  current.value = chosen;
  try {
    if (chosen === "system") localStorage.removeItem(key);
    else localStorage.setItem(key, chosen);
  } catch {
    // Without storage the choice lasts until the page is closed.
  }
  applyTheme();
}

/** Reads the choice of earlier visits. */
export function restoreTheme(): void {
  current.value = read();
  applyTheme();
}

/** Sets the attribute that the style sheet looks at. */
function applyTheme(): void {
  if (current.value === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = current.value;
}

function read(): Theme {
  try {
    const stored = localStorage.getItem(key);
    return stored === "light" || stored === "dark" ? stored : "system";
  } catch {
    return "system";
  }
}
