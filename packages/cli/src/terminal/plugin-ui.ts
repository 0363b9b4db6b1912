import type { PluginUi } from "@isosops/age";
import { say } from "./messages.js";
import { printable } from "./printable.js";
import { ask } from "./prompt.js";

/** Prompts and messages of age plugins, on the terminal (age: plugin/tui.go). */
export const pluginUi: PluginUi = {
  message: (plugin, text) => say(printable(`age-plugin-${plugin}: ${text}`)),
  request: (_, prompt, secret) => ask(prompt, secret),
  async confirm(_, prompt, yes, no) {
    const choices = no === undefined ? `[1] ${yes}` : `[1] ${yes} [2] ${no}`;
    for (;;) {
      const answer = await ask(`${prompt} ${choices}:`, false);
      if (answer === "1") return true;
      if (answer === "2" && no !== undefined) return false;
    }
  },
  waiting: (plugin) => say(`waiting for age-plugin-${printable(plugin)}...`),
};
