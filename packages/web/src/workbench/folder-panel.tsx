import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { notifyError } from "../shell/notices.js";
import { Button } from "../ui/button.js";
import { TextField } from "../ui/field.js";
import { type FolderFile, readFile } from "./files.js";
import { formatOfName } from "./formats.js";
import { folder, openFile, workDocument } from "./state.js";

const mostShown = 200;

/** The files of the folder that was opened. */
export function FolderPanel(): JSX.Element | null {
  const [filter, setFilter] = useState("");
  const [all, setAll] = useState(false);
  const { value } = folder;
  if (value === undefined) return null;
  const wanted = value.files.filter(
    ({ path }) => path.toLowerCase().includes(filter.toLowerCase()) && (all || filter !== "" || isLikely(path)),
  );
  return (
    <section class="panel" aria-labelledby="folder-title">
      <div class="row spread">
        <h2 id="folder-title">Folder {value.name}</h2>
        <Button
          kind="quiet"
          label={`Close the folder ${value.name}`}
          onClick={() => {
            folder.value = undefined;
          }}
        >
          Close
        </Button>
      </div>
      <TextField label="Find a file" value={filter} onInput={setFilter} />
      <ul class="folder-files">
        {wanted.slice(0, mostShown).map((file) => (
          <li key={file.path}>
            <button
              type="button"
              class="file-link"
              aria-current={workDocument.value?.path === file.path ? "true" : undefined}
              onClick={() => open(file).catch(notifyError)}
            >
              {file.path}
            </button>
          </li>
        ))}
      </ul>
      {wanted.length > mostShown && <p class="muted">{wanted.length - mostShown} more. Type a part of the name.</p>}
      {wanted.length === 0 && <p class="muted">No such file.</p>}
      {value.isCut && <p class="muted">The folder has more files than this page lists.</p>}
      {!all && filter === "" && (
        <Button kind="quiet" onClick={() => setAll(true)}>
          Show files of other kinds
        </Button>
      )}
    </section>
  );
}

function isLikely(path: string): boolean {
  return formatOfName(path) !== "binary";
}

async function open({ path, handle }: FolderFile): Promise<void> {
  let file: File;
  try {
    file = await handle.getFile();
  } catch {
    throw new Error(`${path} cannot be read. Was it moved or deleted? Open the folder again.`);
  }
  await openFile(await readFile(file, path, handle));
}
