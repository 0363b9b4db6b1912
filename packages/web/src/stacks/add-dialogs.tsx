/** Dialogs that add to a folder: a cluster file, a manifest, the values of an addon. */
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { callEngine } from "../engine/client.js";
import { notify } from "../shell/notices.js";
import { navigate } from "../shell/route.js";
import { Button } from "../ui/button.js";
import { Dialog } from "../ui/dialog.js";
import { RadioGroup, TextField } from "../ui/field.js";
import { formatAddress } from "./item-address.js";
import { ChangedElsewhere, type FoundCluster, type StackSource, type TextToStore } from "./source.js";

export function NewClusterDialog({
  source,
  onClose,
}: {
  source: StackSource;
  onClose: (isChanged: boolean) => void;
}): JSX.Element {
  const name = useSignal("");
  const path = useSignal("cluster.yaml");
  const problem = useSignal<string | undefined>(undefined);
  const create = async () => {
    if (name.value.trim() === "") {
      problem.value = "Give the cluster a name.";
      return;
    }
    if (!/\.ya?ml$/.test(path.value) || path.value.startsWith("/")) {
      problem.value = "The file is a path below this folder that ends in .yaml, such as cluster.yaml.";
      return;
    }
    try {
      const text = await callEngine("newClusterFile", name.value.trim());
      await source.write([{ path: path.value, text, version: null }]);
    } catch (error) {
      problem.value =
        (error as Error).name === "ChangedElsewhere"
          ? `There is a file ${path.value} already. Choose another name.`
          : (error as Error).message;
      return;
    }
    notify({ kind: "done", text: `Created ${path.value}.` });
    onClose(true);
  };
  return (
    <Dialog
      title="New cluster file"
      onClose={() => onClose(false)}
      actions={
        <Button kind="main" onClick={() => void create()}>
          Create
        </Button>
      }
    >
      <TextField
        label="Name of the cluster"
        value={name.value}
        placeholder="production"
        onInput={(text) => {
          name.value = text;
        }}
        onEnter={() => void create()}
      />
      <TextField
        label="File"
        hint="A path from the top of the folder."
        value={path.value}
        isCode
        problem={problem.value}
        onInput={(text) => {
          path.value = text;
        }}
        onEnter={() => void create()}
      />
    </Dialog>
  );
}

export function AddItemDialog({
  source,
  cluster,
  onClose,
}: {
  source: StackSource;
  cluster: FoundCluster;
  onClose: (isChanged: boolean) => void;
}): JSX.Element {
  const kind = useSignal<"manifest" | "addon">("manifest");
  const name = useSignal("");
  const stack = useSignal(cluster.stacks[0]?.name ?? "");
  const chart = useSignal("");
  const typedFile = useSignal<string | undefined>(undefined);
  const problem = useSignal<string | undefined>(undefined);
  const file = typedFile.value ?? defaultFile(kind.value, name.value.trim());

  const add = async () => {
    const item = {
      clusterPath: cluster.path,
      kind: kind.value,
      name: name.value.trim(),
      stack: stack.value.trim(),
      file,
      ...(kind.value === "addon" ? { chart: chart.value.trim() } : {}),
    };
    if (item.name === "" || item.stack === "") {
      problem.value = `Give the ${item.name === "" ? item.kind : "stack"} a name.`;
      return;
    }
    try {
      const stored = await source.read(cluster.path);
      if (stored === undefined) throw new Error(`There is no file ${cluster.path} any more.`);
      const text = await callEngine("addStackItem", stored.text, item, cluster.path);
      const path = itemPath(await callEngine("outlineCluster", text, cluster.path), item);
      const changed: TextToStore = { path: item.clusterPath, text, version: stored.version };
      const isNew = await createWith(source, changed, { path, text: starter(item.kind, item.name), version: null });
      notify({ kind: "done", text: isNew ? `Created ${path}.` : `Added ${path}, which was there already.` });
    } catch (error) {
      problem.value = (error as Error).message;
      return;
    }
    navigate("stacks", formatAddress(item));
    onClose(true);
  };
  return (
    <Dialog
      title={`Add to ${cluster.path}`}
      onClose={() => onClose(false)}
      actions={
        <Button kind="main" onClick={() => void add()}>
          Add
        </Button>
      }
    >
      <RadioGroup
        label="What"
        value={kind.value}
        options={[
          ["manifest", "A manifest"],
          ["addon", "An addon: the values of a Helm chart"],
        ]}
        onChange={(value) => {
          kind.value = value;
        }}
      />
      <TextField
        label="Name"
        value={name.value}
        placeholder={kind.value === "manifest" ? "shop" : "grafana"}
        onInput={(text) => {
          name.value = text;
        }}
      />
      {kind.value === "addon" && (
        <TextField
          label="Chart"
          hint="Left empty, it is the name."
          value={chart.value}
          onInput={(text) => {
            chart.value = text;
          }}
        />
      )}
      <TextField
        label="Stack"
        hint="One of the cluster's, or the name of a new one."
        value={stack.value}
        list={cluster.stacks.map((one) => one.name)}
        onInput={(text) => {
          stack.value = text;
        }}
      />
      <TextField
        label="File"
        hint="A path from the folder of the cluster file. It is created if it is not there."
        value={file}
        isCode
        problem={problem.value}
        onInput={(text) => {
          typedFile.value = text;
        }}
        onEnter={() => void add()}
      />
    </Dialog>
  );
}

/** Writes the cluster file with a new file, or alone if that is there already. Returns whether it is new. */
async function createWith(source: StackSource, cluster: TextToStore, file: TextToStore): Promise<boolean> {
  try {
    await source.write([file, cluster]);
    return true;
  } catch (error) {
    if (!(error instanceof ChangedElsewhere) || !error.paths.includes(file.path)) throw error;
    await source.write([cluster]);
    return false;
  }
}

function defaultFile(kind: "manifest" | "addon", name: string): string {
  const base = name.toLowerCase().replace(/[^a-z0-9.-]+/g, "-");
  if (base === "") return "";
  return kind === "manifest" ? `manifests/${base}.yaml` : `values/${base}.yaml`;
}

interface Named {
  readonly kind: "manifest" | "addon";
  readonly name: string;
  readonly stack: string;
}

function itemPath({ stacks }: { stacks: FoundCluster["stacks"] }, { kind, name, stack }: Named): string {
  const items = stacks.find((one) => one.name === stack)?.items ?? [];
  const path = items.find((item) => item.kind === kind && item.name === name)?.path;
  if (path === undefined) throw new Error("The file must be a path, such as manifests/shop.yaml.");
  return path;
}

/** What a new file begins with. */
function starter(kind: "manifest" | "addon", name: string): string {
  if (kind === "addon") return "{}\n";
  return `apiVersion: v1\nkind: Secret\nmetadata:\n  name: ${name}\nstringData: {}\n`;
}
