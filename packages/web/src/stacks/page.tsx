/** The Stack Builder: the stacks of cluster files, and the editor of one manifest or of the values of one addon. */
import "./stacks.css";
import { signal, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { server } from "../api/session.js";
import { SignInForm } from "../api/sign-in.js";
import { hrefOf } from "../shell/address.js";
import { notifyError } from "../shell/notices.js";
import type { PageProps } from "../shell/pages.js";
import { lastStep, listenForUndo, undo } from "../shell/undo.js";
import { Button } from "../ui/button.js";
import { Callout } from "../ui/callout.js";
import { canOpenFolders } from "../workbench/files.js";
import { IdentityPanel } from "../workbench/identity-panel.js";
import { identities } from "../workbench/state.js";
import { AddItemDialog, NewClusterDialog } from "./add-dialogs.js";
import type { ItemAddress } from "./edit-session.js";
import { chooseFolder, folderSource } from "./folder-source.js";
import { formatAddress, parseAddress } from "./item-address.js";
import { ItemEditor } from "./item-editor.js";
import { serverSource } from "./server-source.js";
import type { FoundCluster, StackSource } from "./source.js";

/** A folder of this computer that was opened, instead of the server's. It stays while other pages are visited. */
const folder = signal<FileSystemDirectoryHandle | undefined>(undefined);

/** Kept while somebody signs in again, so that what was typed stays. */
let known: { readonly root: string; readonly source: StackSource } | undefined;

export function StacksPage({ rest }: PageProps): JSX.Element {
  const { value } = server;
  const opened = folder.value;
  const root = value.state === "connected" ? value.session.root : undefined;
  if (root !== undefined && known?.root !== root) known = { root, source: serverSource(root) };
  const source = useMemo(() => {
    if (opened !== undefined) return folderSource(opened, () => identities.value.map(({ text }) => text));
    return known?.source;
  }, [opened, root]);
  useEffect(listenForUndo, []);
  if (source === undefined) return value.state === "unknown" ? <p class="loading">Loading…</p> : <Start />;
  return <Stacks key={`${source.kind} ${source.name}`} source={source} address={parseAddress(rest)} />;
}

/** Nothing is open yet. */
function Start(): JSX.Element {
  const open = async () => {
    try {
      folder.value = await chooseFolder();
    } catch (error) {
      notifyError(error);
    }
  };
  return (
    <>
      <h1>Stacks</h1>
      <div class="start">
        {server.value.state === "signed-out" && (
          <section class="panel stack" aria-labelledby="sign-in-title">
            <h2 id="sign-in-title">Sign in to the server</h2>
            <SignInForm />
          </section>
        )}
        <section class="panel stack" aria-labelledby="folder-title">
          <h2 id="folder-title">Open a folder of this computer</h2>
          <p>
            Work on the stacks of a repository that you have checked out. Files are read and encrypted in this page, and
            nothing is sent anywhere.
          </p>
          {canOpenFolders() ? (
            <div class="row">
              <Button kind="main" onClick={() => void open()}>
                Open a folder…
              </Button>
            </div>
          ) : (
            <Callout kind="info">
              <p>
                This browser does not open folders. Use Chromium, Chrome or Edge, or start the server in the folder:{" "}
                <code>isosops org serve --ui</code>
              </p>
            </Callout>
          )}
        </section>
      </div>
    </>
  );
}

function Stacks({ source, address }: { source: StackSource; address: ItemAddress | undefined }): JSX.Element {
  const clusters = useSignal<readonly FoundCluster[] | undefined>(undefined);
  const dialog = useSignal<{ readonly add: FoundCluster } | "cluster" | undefined>(undefined);
  const load = async () => {
    try {
      clusters.value = await source.clusters();
    } catch (error) {
      clusters.value ??= [];
      notifyError(error);
    }
  };
  useEffect(() => void load(), [source]);
  const step = lastStep.value;
  const close = (isChanged: boolean) => {
    dialog.value = undefined;
    if (isChanged) void load();
  };
  const canChange = source.readOnlyReason === undefined;
  return (
    <div class="stacks">
      <nav class="stack-list" aria-label="Stacks and their parts">
        <p class="stack-root">
          <strong>{source.name}</strong>
          {source.kind === "folder" && (
            <Button
              kind="quiet"
              onClick={() => {
                folder.value = undefined;
              }}
            >
              Close folder
            </Button>
          )}
        </p>
        {clusters.value === undefined ? (
          <p class="loading">Looking for cluster files…</p>
        ) : (
          clusters.value.map((cluster) => (
            <Cluster
              key={cluster.path}
              cluster={cluster}
              current={address}
              onAdd={canChange ? () => (dialog.value = { add: cluster }) : undefined}
            />
          ))
        )}
        {canChange && clusters.value !== undefined && (
          <Button onClick={() => (dialog.value = "cluster")}>New cluster file…</Button>
        )}
        {step !== undefined && (
          <Button kind="quiet" label={`Undo ${step.label}`} onClick={undo}>
            Undo {step.label}
          </Button>
        )}
      </nav>
      <div class="stack-content">
        {address === undefined ? (
          <Overview clusters={clusters.value} />
        ) : (
          <ItemEditor key={JSON.stringify(address)} source={source} address={address} onSaved={() => void load()} />
        )}
        {source.kind === "folder" && <IdentityPanel />}
      </div>
      {dialog.value === "cluster" && <NewClusterDialog source={source} onClose={close} />}
      {typeof dialog.value === "object" && <AddItemDialog source={source} cluster={dialog.value.add} onClose={close} />}
    </div>
  );
}

function Overview({ clusters }: { clusters: readonly FoundCluster[] | undefined }): JSX.Element {
  const count = clusters?.flatMap(({ stacks }) => stacks.flatMap(({ items }) => items)).length ?? 0;
  return (
    <>
      <h1>Stacks</h1>
      {clusters?.length === 0 && (
        <p>
          There is no cluster file yet. A cluster file lists the stacks of a cluster: manifests, and addons with their
          values. Create one with “New cluster file…”.
        </p>
      )}
      {clusters !== undefined && clusters.length > 0 && (
        <p>
          {count === 0
            ? "The cluster file lists nothing yet. Add a manifest or the values of an addon."
            : "Choose a manifest or an addon to edit its text and to mark the keys that are secret."}
        </p>
      )}
    </>
  );
}

function Cluster({
  cluster: { path, stacks, problem },
  current,
  onAdd,
}: {
  cluster: FoundCluster;
  current: ItemAddress | undefined;
  onAdd: (() => void) | undefined;
}): JSX.Element {
  return (
    <section class="cluster" aria-label={path}>
      <h2 class="cluster-path">{path}</h2>
      {problem !== undefined && <p class="field-problem">{problem}</p>}
      {stacks.map(({ name, items }) => (
        <div key={name}>
          <h3 class="stack-name">{name}</h3>
          <ul class="item-list">
            {items.map((item) => {
              const { kind, name: own, marks } = item;
              const address = { clusterPath: path, stack: name, kind, name: own };
              const isCurrent = JSON.stringify(address) === JSON.stringify(current);
              return (
                <li key={`${kind} ${own}`}>
                  <a href={hrefOf("stacks", formatAddress(address))} aria-current={isCurrent ? "page" : undefined}>
                    <span>{own}</span>
                    <span class="muted item-kind">
                      {kind}
                      {marks.length > 0 && `, ${marks.length} ${marks.length === 1 ? "key" : "keys"}`}
                    </span>
                  </a>
                </li>
              );
            })}
          </ul>
        </div>
      ))}
      {onAdd !== undefined && problem === undefined && (
        <Button kind="quiet" label={`Add to ${path}`} onClick={onAdd}>
          + Add…
        </Button>
      )}
    </section>
  );
}
