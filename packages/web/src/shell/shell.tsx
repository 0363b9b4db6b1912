/** What is around every page: its name, the navigation, the theme, messages. */
import { signal, useSignalEffect } from "@preact/signals";
import type { ComponentType, JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { connectToServer, server, signOut } from "../api/session.js";
import { Button } from "../ui/button.js";
import { hrefOf } from "./address.js";
import { dropAllDrafts } from "./drafts.js";
import { Notices, notify, notifyError } from "./notices.js";
import { type Page, type PageProps, pages } from "./pages.js";
import { route } from "./route.js";
import { setTheme, type Theme, theme } from "./theme.js";

const loaded = signal<ReadonlyMap<string, ComponentType<PageProps>>>(new Map());

export function Shell(): JSX.Element {
  const { page: path, rest } = route.value;
  const page = pages.find((entry) => entry.path === path) ?? pages[0];
  const main = useRef<HTMLElement>(null);
  const isFirst = useRef(true);

  useEffect(() => void connectToServer().catch(notifyError), []);
  useSignalEffect(() => {
    const opened = pages.find((entry) => entry.path === route.value.page) ?? pages[0];
    if (opened !== undefined) void load(opened);
  });
  useEffect(() => {
    document.title = `${page?.title ?? ""} – isosops`;
    // Readers of the screen begin with the new page; the first one begins where the browser does.
    if (isFirst.current) isFirst.current = false;
    else main.current?.focus();
  }, [page]);

  // Who is signed out stays on the page, and signs in again there.
  const hasServer = server.value.state === "connected" || server.value.state === "signed-out";
  const Content = page === undefined ? undefined : loaded.value.get(page.path);
  return (
    <>
      <button type="button" class="skip-link" onClick={() => main.current?.focus()}>
        Skip to the page
      </button>
      <header class="top">
        <a class="brand" href={hrefOf("workbench")}>
          <img src="./icon.svg" alt="" width="24" height="24" />
          isosops
        </a>
        <nav aria-label="Pages">
          {pages
            .filter(({ needsServer, isHidden }) => !isHidden && (!needsServer || hasServer))
            .map((entry) => (
              <a key={entry.path} href={hrefOf(entry.path)} aria-current={entry === page ? "page" : undefined}>
                {entry.title}
              </a>
            ))}
        </nav>
        <ServerState />
        <ThemeButton />
      </header>
      <Notices />
      <main ref={main} tabIndex={-1} id="main">
        {Content === undefined ? <p class="loading">Loading…</p> : <Content rest={rest} />}
      </main>
    </>
  );
}

async function load(page: Page): Promise<void> {
  if (loaded.value.has(page.path)) return;
  try {
    const content = await page.load();
    loaded.value = new Map([...loaded.value, [page.path, content]]);
  } catch {
    notifyError(new Error(`The page ${page.title} could not be loaded. Check the connection, then reload.`));
  }
}

function ServerState(): JSX.Element {
  const { value } = server;
  if (value.state === "signed-out") return <span class="server-state">Signed out</span>;
  if (value.state !== "connected") {
    return (
      <span class="server-state" title="Everything happens in this page">
        No server
      </span>
    );
  }
  return (
    <>
      <span class="server-state">{value.session.role}</span>
      <Button
        kind="quiet"
        onClick={async () => {
          try {
            // Typed text is of the one who signs out.
            await dropAllDrafts();
            await signOut();
            notify({ kind: "done", text: "You are signed out." });
          } catch (error) {
            notifyError(error);
          }
        }}
      >
        Sign out
      </Button>
    </>
  );
}

const themes: Record<Theme, { next: Theme; label: string; sign: string }> = {
  system: { next: "light", label: "Theme: as the system", sign: "◐" },
  light: { next: "dark", label: "Theme: light", sign: "☀" },
  dark: { next: "system", label: "Theme: dark", sign: "☾" },
};

function ThemeButton(): JSX.Element {
  const { next, label, sign } = themes[theme.value];
  return (
    <Button kind="quiet" label={label} onClick={() => setTheme(next)}>
      {sign}
    </Button>
  );
}
