import type { JSX } from "preact";
import { notifyError } from "../shell/notices.js";
import { Button } from "../ui/button.js";
import { FileButton } from "../ui/field.js";
import { canOpenFolders, openFolder, readFile } from "./files.js";
import { FolderPanel } from "./folder-panel.js";
import { IdentityPanel } from "./identity-panel.js";
import { folder, openFile, openText } from "./state.js";

/** What is there before a file is. */
export function Start(): JSX.Element {
  return (
    <>
      <h1>Workbench</h1>
      <p class="lead">
        Encrypt, decrypt and edit SOPS files. Everything happens in this tab: no text and no key leaves it.
      </p>
      <div class="start-grid">
        <section class="drop-zone" aria-labelledby="open-title">
          <h2 id="open-title">Open a file</h2>
          <p>
            Drop a file here, or paste one with Ctrl+V, of any format: YAML, JSON, ENV, INI, TOML, XML, or any other as
            a whole.
          </p>
          <div class="row">
            <FileButton
              label="Choose a file…"
              onFiles={([file]) => {
                if (file !== undefined) readFile(file).then(openFile).catch(notifyError);
              }}
            />
            {canOpenFolders() && (
              <Button
                onClick={async () => {
                  try {
                    folder.value = (await openFolder()) ?? folder.value;
                  } catch (error) {
                    notifyError(error);
                  }
                }}
              >
                Open a folder…
              </Button>
            )}
            <Button onClick={() => void openText("").catch(notifyError)}>Type or paste text</Button>
          </div>
        </section>
        {folder.value !== undefined && <FolderPanel />}
        <IdentityPanel />
      </div>
    </>
  );
}
