import type { Identity } from "../recipient.js";
import { sendGrease, withPlugin } from "./connection.js";
import type { PluginUi } from "./ui.js";

/** An identity `AGE-PLUGIN-NAME-1...`. The plugin unwraps file keys with it. */
export function pluginIdentity(name: string, text: string, ui: PluginUi = {}): Identity {
  return {
    interactive: true,
    unwrapFileKey: (stanzas) =>
      withPlugin(name, "identity-v1", ui, async (connection) => {
        await connection.send("add-identity", [text]);
        await sendGrease(connection);
        for (const { type, args, body } of stanzas) {
          await connection.send("recipient-stanza", ["0", type, ...args], body);
        }
        await connection.send("done");
        let fileKey: Uint8Array | undefined;
        for (;;) {
          const { type, args, body } = await connection.receive();
          if (type === "done") return fileKey;
          if (type === "file-key") {
            if (args.length !== 1 || args[0] !== "0") throw connection.fail("sent a malformed file key");
            if (fileKey !== undefined) throw connection.fail("sent a file key twice");
            fileKey = body;
            await connection.send("ok");
          } else {
            await connection.send("unsupported");
          }
        }
      }),
  };
}
