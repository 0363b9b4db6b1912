/**
 * Keeps the pages for when there is no network: all files of the version that was loaded, and nothing else. A new version waits until no page of
 * the old one is open, or until somebody takes it.
 */

/** The files of the build, and a digest of them. Vite's configuration puts them here. */
declare const __FILES__: readonly string[];
declare const __VERSION__: string;

const scope = self as unknown as ServiceWorkerGlobalScope;
const cacheName = `isosops-${__VERSION__}`;

scope.addEventListener("install", (event) => {
  event.waitUntil(
    caches.open(cacheName).then((cache) =>
      // Past the browser's own cache, which may have files of another version.
      cache.addAll(__FILES__.map((file) => new Request(file, { cache: "reload" }))),
    ),
  );
});

scope.addEventListener("activate", (event) => {
  event.waitUntil(
    caches.keys().then((names) => {
      const old = names.filter((name) => name.startsWith("isosops-") && name !== cacheName);
      return Promise.all(old.map((name) => caches.delete(name)));
    }),
  );
});

scope.addEventListener("message", ({ data }) => {
  if (data === "take over") void scope.skipWaiting();
});

const addresses = new Map(__FILES__.map((file) => [new URL(file, scope.registration.scope).href, file]));

scope.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  url.hash = "";
  url.search = "";
  // Everything else, such as the API of a server, goes to the network, and is never kept.
  const isPage = url.href === scope.registration.scope;
  if (request.method !== "GET" || (!isPage && !addresses.has(url.href))) return;
  event.respondWith(fromCache(request, isPage ? new URL("index.html", url).href : url.href));
});

async function fromCache(request: Request, address: string): Promise<Response> {
  const cache = await caches.open(cacheName);
  return (await cache.match(address)) ?? fetch(request);
}
