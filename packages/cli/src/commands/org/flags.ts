import { keyringEnvironment } from "../../flags/environment.js";
import { CommandError } from "../../program/command-error.js";
import type { CommandDefinition } from "../../program/definition.js";
import { exitCodes } from "../../program/exit-codes.js";
import { orgCancelDefinition } from "./cancel/flags.js";
import { orgConfirmDefinition } from "./confirm/flags.js";
import { orgDisableDefinition, orgEnableDefinition } from "./enable-disable/flags.js";
import { orgExportDefinition } from "./export/flags.js";
import { orgInitDefinition } from "./init/flags.js";
import { orgJoinDefinition } from "./join/flags.js";
import { orgLogDefinition } from "./log/flags.js";
import { orgPasswdDefinition } from "./passwd/flags.js";
import { orgPublishDefinition } from "./publish/flags.js";
import { orgReencryptDefinition } from "./reencrypt/flags.js";
import { orgRotateDefinition } from "./rotate/flags.js";
import { orgServeDefinition } from "./serve/flags.js";
import { orgShowDefinition } from "./show/flags.js";
import { orgStatusDefinition } from "./status/flags.js";

const commands: readonly CommandDefinition[] = [
  orgInitDefinition,
  orgShowDefinition,
  orgEnableDefinition,
  orgDisableDefinition,
  orgRotateDefinition,
  orgReencryptDefinition,
  orgStatusDefinition,
  orgConfirmDefinition,
  orgCancelDefinition,
  orgLogDefinition,
  orgPublishDefinition,
  orgExportDefinition,
  orgJoinDefinition,
  orgPasswdDefinition,
  orgServeDefinition,
];

export const orgDefinition: CommandDefinition = {
  syntax: "org",
  usage: "COMMAND ...",
  summary: "keep an organisation's key, and rotate it",
  description:
    "Manage the one key that an organisation's files are encrypted for, and replace it without losing a file: rotate, reencrypt, confirm.",
  examples: ["isosops org init", "isosops org rotate", "isosops org reencrypt .", "isosops org confirm ."],
  environment: [keyringEnvironment],
  addFlags() {},
  task() {
    throw new CommandError(
      exitCodes.generic,
      "Say what to do: `isosops org init`, `show`, `rotate` ... `isosops org --help` lists all.",
    );
  },
  commands,
};
