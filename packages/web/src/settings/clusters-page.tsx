/** Settings of clusters: whether each decrypts what it deploys, what its Argo CD or Flux needs, and what is wrong with it. */
import "./settings.css";
import type { ArgocdAnswer, ClusterAnswer, ClustersAnswer, DecryptionAnswer, DoctorAnswer } from "@isosops/gitops";
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { get, send } from "../api/client.js";
import { mayAct } from "../api/session.js";
import { hrefOf } from "../shell/address.js";
import { notify, notifyError } from "../shell/notices.js";
import type { PageProps } from "../shell/pages.js";
import { Button } from "../ui/button.js";
import { Callout } from "../ui/callout.js";
import { CopyButton } from "../ui/copy-button.js";
import { Dialog } from "../ui/dialog.js";
import { Switch } from "../ui/field.js";
import { Tabs } from "../ui/tabs.js";
import { Command } from "./command.js";
import { Findings } from "./findings.js";
import { SignedIn } from "./guard.js";

const title = "Clusters";

export function ClustersPage({ rest }: PageProps): JSX.Element {
  return (
    <SignedIn title={title}>
      <Clusters path={rest} />
    </SignedIn>
  );
}

function Clusters({ path }: { path: string }): JSX.Element {
  const clusters = useSignal<readonly ClusterAnswer[] | undefined>(undefined);
  const load = async () => {
    try {
      clusters.value = (await get<ClustersAnswer>("/clusters")).clusters;
    } catch (error) {
      clusters.value ??= [];
      notifyError(error);
    }
  };
  useEffect(() => void load(), []);
  const { value } = clusters;
  if (value === undefined) return <p class="loading">Looking for cluster files…</p>;
  const cluster = value.find((one) => one.path === path) ?? (path === "" && value.length === 1 ? value[0] : undefined);
  return (
    <div class="settings">
      <h1>{title}</h1>
      {value.length === 0 && (
        <p>
          There is no cluster file below this folder. <a href={hrefOf("stacks")}>Create one under Stacks.</a>
        </p>
      )}
      {value.length > 1 && (
        <nav class="cluster-nav" aria-label="Cluster files">
          {value.map((one) => (
            <a
              key={one.path}
              class="button"
              href={hrefOf("clusters", one.path)}
              aria-current={one === cluster ? "page" : undefined}
            >
              {one.name ?? one.path}
            </a>
          ))}
        </nav>
      )}
      {cluster !== undefined && <ClusterSettings key={cluster.path} cluster={cluster} onChange={load} />}
    </div>
  );
}

function ClusterSettings({
  cluster,
  onChange,
}: {
  cluster: ClusterAnswer;
  onChange: () => Promise<void>;
}): JSX.Element {
  const { path, name, problem } = cluster;
  return (
    <>
      <header>
        <h2 class="cluster-name">{name ?? path}</h2>
        <p class="muted cluster-path-line">
          <code>{path}</code>
        </p>
      </header>
      {problem === null ? (
        <>
          <Decryption cluster={cluster} onChange={onChange} />
          <Argocd path={path} isEnabled={cluster.decryption === true} />
          {mayAct("editor") && <Doctor key={String(cluster.decryption)} path={path} />}
        </>
      ) : (
        <Callout kind="danger">
          <p>{problem}</p>
        </Callout>
      )}
    </>
  );
}

function Decryption({
  cluster: { path, decryption, version },
  onChange,
}: {
  cluster: ClusterAnswer;
  onChange: () => Promise<void>;
}): JSX.Element {
  const isAsking = useSignal(false);
  const isEnabled = decryption === true;
  const change = async (enabled: boolean) => {
    isAsking.value = false;
    try {
      await send<DecryptionAnswer>("PUT", "/clusters/decryption", { path, decryption: enabled, version });
      notify({
        kind: "done",
        text: enabled ? `Decryption is on in ${path}. Commit it.` : `Decryption is off in ${path}. Commit it.`,
      });
    } catch (error) {
      notifyError(error);
    }
    await onChange();
  };
  return (
    <section class="panel stack" aria-labelledby="decryption-title">
      <h2 id="decryption-title">Encryption</h2>
      <Switch
        label="The cluster decrypts what it deploys"
        checked={isEnabled}
        disabledReason={mayAct("administrator") ? undefined : "This needs the role administrator."}
        onChange={(enabled) => {
          if (enabled) void change(true);
          else isAsking.value = true;
        }}
      />
      {isEnabled ? (
        <p class="muted">
          Give it the key below. Whoever can read Secrets in its namespace can read everything that is encrypted for the
          organisation.
        </p>
      ) : (
        <Callout kind="warning">
          <p>
            The cluster is not meant to have the key. What is encrypted would be deployed as ciphertext, and not work.
          </p>
        </Callout>
      )}
      {isAsking.value && (
        <Dialog
          title="Switch decryption off?"
          onClose={() => {
            isAsking.value = false;
          }}
          actions={
            <Button kind="danger" onClick={() => void change(false)}>
              Switch off
            </Button>
          }
        >
          <p>
            The cluster keeps the key that it has until you remove it there. Once it is removed, encrypted manifests and
            values are deployed as ciphertext.
          </p>
        </Dialog>
      )}
    </section>
  );
}

function Argocd({ path, isEnabled }: { path: string; isEnabled: boolean }): JSX.Element | null {
  const answer = useSignal<ArgocdAnswer | string | undefined>(undefined);
  const tab = useSignal<"settings" | "values" | "flux">("settings");
  useEffect(() => {
    get<ArgocdAnswer>("/clusters/argocd", { path }).then(
      (found) => {
        answer.value = found;
      },
      (error: Error) => {
        answer.value = error.message;
      },
    );
  }, [path, isEnabled]);
  const { value } = answer;
  return (
    <section class="panel stack" aria-labelledby="argocd-title">
      <h2 id="argocd-title">What the cluster needs</h2>
      {value === undefined && <p class="loading">Loading…</p>}
      {typeof value === "string" && <p class="field-problem">{value}</p>}
      {typeof value === "object" && (
        <>
          {value.problem !== null && (
            <Callout kind="warning">
              <p>{value.problem}</p>
            </Callout>
          )}
          <Tabs
            label="Ways to decrypt"
            tabs={[
              ["settings", "Argo CD"],
              ["values", "Argo CD by Helm"],
              ["flux", "Flux"],
            ]}
            selected={tab.value}
            onSelect={(key) => {
              tab.value = key;
            }}
          >
            <div class="stack">
              <h3>1. The key</h3>
              <p>
                Run this where the keyring is. The private key goes through a pipe, not into a file and not through this
                page.
              </p>
              <Command command={tab.value === "flux" ? value.flux_command : value.key_command} />
              {tab.value === "settings" && (
                <>
                  <h3>2. The manifests</h3>
                  <p>
                    Save them as <code>argocd.yaml</code>, and apply them:{" "}
                    <code>kubectl apply --server-side --field-manager isosops -f argocd.yaml</code>
                  </p>
                  <Manifest label="Manifests for Argo CD" text={value.settings} />
                </>
              )}
              {tab.value === "values" && (
                <>
                  <h3>2. The values of the chart argo-cd</h3>
                  <p>
                    Save them as <code>argocd-values.yaml</code>. They contain no key, and may go into Git.
                  </p>
                  <Manifest label="Values for the chart argo-cd" text={value.values} />
                </>
              )}
              {tab.value === "flux" && (
                <p>
                  Then name the Secret in each Kustomization: <code>spec.decryption.provider: sops</code> and{" "}
                  <code>spec.decryption.secretRef.name: sops-age</code>.
                </p>
              )}
              {!isEnabled && (
                <>
                  <h3>To take the key away</h3>
                  <Command command={value.remove_command} />
                </>
              )}
            </div>
          </Tabs>
        </>
      )}
    </section>
  );
}

function Manifest({ label, text }: { label: string; text: string }): JSX.Element {
  return (
    <div class="stack">
      <div class="row">
        <CopyButton label={`Copy all: ${label}`} text={() => text}>
          Copy all
        </CopyButton>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard. */}
      <section class="manifest" aria-label={label} tabIndex={0}>
        <pre>{text}</pre>
      </section>
    </div>
  );
}

function Doctor({ path }: { path: string }): JSX.Element {
  const answer = useSignal<DoctorAnswer | string | undefined>(undefined);
  const look = async () => {
    answer.value = undefined;
    try {
      answer.value = await get<DoctorAnswer>("/clusters/doctor", { path });
    } catch (error) {
      answer.value = (error as Error).message;
    }
  };
  useEffect(() => void look(), [path]);
  const { value } = answer;
  return (
    <section class="panel stack" aria-labelledby="doctor-title">
      <div class="row spread">
        <h2 id="doctor-title">Findings</h2>
        <Button kind="quiet" onClick={() => void look()}>
          Look again
        </Button>
      </div>
      {value === undefined && <p class="loading">Looking at the cluster, its files and the keyring…</p>}
      {typeof value === "string" && <p class="field-problem">{value}</p>}
      {typeof value === "object" && <Findings findings={value.findings} />}
    </section>
  );
}
