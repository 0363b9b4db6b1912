import type { Recipient, Stanza } from "../recipient.js";
import { sendGrease, withPlugin } from "./connection.js";
import type { PluginUi } from "./ui.js";

/**
 * A recipient that a plugin wraps file keys for.
 *
 * @param text `age1NAME1...`, or the identity `AGE-PLUGIN-NAME-1...` to encrypt to it, if the plugin can
 */
export function pluginRecipient(name: string, text: string, ui: PluginUi = {}): Recipient {
  return {
    wrapFileKey: (fileKey) =>
      withPlugin(name, "recipient-v1", ui, async (connection) => {
        await connection.send(text.startsWith("AGE-PLUGIN-") ? "add-identity" : "add-recipient", [text]);
        await sendGrease(connection);
        await connection.send("wrap-file-key", [], fileKey);
        await connection.send("extension-labels");
        await connection.send("done");
        const stanzas: Stanza[] = [];
        let labels: readonly string[] | undefined;
        for (;;) {
          const { type, args, body } = await connection.receive();
          if (type === "done") break;
          if (type === "recipient-stanza") {
            // There was one file key only.
            if (args.length < 2 || args[0] !== "0") throw connection.fail("gave a malformed stanza");
            stanzas.push({ type: args[1]!, args: args.slice(2), body });
            await connection.send("ok");
          } else if (type === "labels") {
            if (labels !== undefined) throw connection.fail("gave its labels twice");
            labels = args;
            await connection.send("ok");
          } else {
            await connection.send("unsupported");
          }
        }
        if (stanzas.length === 0) throw connection.fail("gave no stanza for the recipient");
        return { stanzas, labels: labels ?? [] };
      }),
  };
}
