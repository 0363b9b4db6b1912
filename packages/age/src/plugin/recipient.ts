import type { Recipient, Stanza } from "../recipient.js";
import { sendGrease, withPlugin } from "./connection.js";
import type { PluginUi } from "./ui.js";

/**
 * A recipient for which a plugin wraps file keys.
 *
 * @param text - `age1NAME1...`, or an identity `AGE-PLUGIN-NAME-1...` if the plugin can encrypt to it.
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
            // Only one file key was sent.
            if (args.length < 2 || args[0] !== "0") throw connection.fail("sent a malformed stanza");
            stanzas.push({ type: args[1]!, args: args.slice(2), body });
            await connection.send("ok");
          } else if (type === "labels") {
            if (labels !== undefined) throw connection.fail("sent its labels twice");
            labels = args;
            await connection.send("ok");
          } else {
            await connection.send("unsupported");
          }
        }
        if (stanzas.length === 0) throw connection.fail("sent no stanza for the recipient");
        return { stanzas, labels: labels ?? [] };
      }),
  };
}
