import { setEnabled } from "@isosops/gitops";
import { openToRead } from "../../../keyring/open-organisation.js";
import { say, warn } from "../../../terminal/messages.js";

/** `isosops org enable` and `isosops org disable`. */
export async function orgSetEnabled(enabled: boolean): Promise<void> {
  await setEnabled(await openToRead(), enabled);
  if (enabled) say("Fields marked for encryption are encrypted from now on. Those saved meanwhile are in plain text.");
  else warn("fields marked for encryption are saved in plain text from now on, until `isosops org enable`.");
}
