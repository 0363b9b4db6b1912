/** Starts the service worker, and says when it has a new version of the pages. */
import { notify } from "../shell/notices.js";

export async function registerOffline(): Promise<void> {
  // It needs HTTPS or localhost. The pages work without, while there is a network.
  if (!("serviceWorker" in navigator) || import.meta.env.DEV) return;
  const registration = await navigator.serviceWorker.register("./service-worker.js", { type: "module" });
  const offer = (worker: ServiceWorker | null) => {
    if (worker === null || navigator.serviceWorker.controller === null) return;
    notify({
      kind: "done",
      text: "There is a new version of these pages.",
      action: {
        label: "Reload with it",
        run: () => {
          navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
          worker.postMessage("take over");
        },
      },
    });
  };
  offer(registration.waiting);
  registration.addEventListener("updatefound", () => {
    const { installing } = registration;
    installing?.addEventListener("statechange", () => {
      if (installing.state === "installed") offer(installing);
    });
  });
}
