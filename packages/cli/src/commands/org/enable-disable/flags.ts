import { keyringEnvironment } from "../../../flags/environment.js";
import type { CommandDefinition, Given } from "../../../program/definition.js";
import { noArguments, orgTask } from "../shared-flags.js";

export const orgEnableDefinition: CommandDefinition = {
  syntax: "enable [nothing...]",
  usage: "",
  summary: "encrypt fields that are marked for encryption",
  description: "Encrypt fields that are marked for encryption, after `isosops org disable`.",
  examples: ["isosops org enable"],
  environment: [keyringEnvironment],
  addFlags() {},
  task: (given) => orgTask("enable", () => setEnabled(given, true)),
};

export const orgDisableDefinition: CommandDefinition = {
  syntax: "disable [nothing...]",
  usage: "",
  summary: "save fields marked for encryption in plain text",
  description:
    "Save fields that are marked for encryption in plain text, with a warning each time. Encrypted values stay encrypted, and are decrypted as before.",
  examples: ["isosops org disable"],
  environment: [keyringEnvironment],
  addFlags() {},
  task: (given) => orgTask("disable", () => setEnabled(given, false)),
};

async function setEnabled(given: Given, enabled: boolean): Promise<void> {
  noArguments(given);
  const { orgSetEnabled } = await import("./run.js");
  await orgSetEnabled(enabled);
}
