import { keyringEnvironment } from "../../../flags/environment.js";
import { addRepeatable } from "../../../flags/repeatable.js";
import { CommandError } from "../../../program/command-error.js";
import type { CommandDefinition } from "../../../program/definition.js";
import { exitCodes } from "../../../program/exit-codes.js";
import {
  addFileFlag,
  addItemFlags,
  addWriteFlags,
  type ClusterFlags,
  type ClusterItemFlags,
  type ItemKind,
  itemNouns,
  oneName,
  sayWhat,
  tooMany,
} from "../shared-flags.js";

export interface ClusterEncryptFlags extends ClusterItemFlags {
  key?: string[];
  allData?: boolean;
  set?: string[];
  dryRun?: boolean;
  acceptAdded?: boolean;
}

export interface ClusterStackFlags extends ClusterFlags {
  name: string | undefined;
  dryRun?: boolean;
  ignoreMac?: boolean;
  acceptAdded?: boolean;
}

function encryptItemDefinition(kind: ItemKind): CommandDefinition {
  return {
    syntax: `${kind} [name...]`,
    usage: "[options] NAME",
    summary: `encrypt keys of ${itemNouns[kind]}`,
    description: `Encrypt keys of ${itemNouns[kind]} for the organisation, in its file or in Base64 in the cluster file, and add them to \`encrypted_paths\`. Both files change or neither, and everything else in them is kept.`,
    examples:
      kind === "manifest"
        ? [
            "isosops cluster encrypt manifest shop --key password --key .dockerconfigjson",
            "isosops cluster encrypt manifest shop --all-data -f clusters/one/cluster.yaml",
            "isosops cluster encrypt manifest shop --key api_token --set stringData.api_token=...",
          ]
        : ["isosops cluster encrypt addon grafana --key adminPassword"],
    environment: [keyringEnvironment],
    remarks: `A key is a name at any depth, as sops matches it; one that begins with a dot is literal; one with
dots in it is a path from the top (auth.password). A file that is encrypted already keeps what is
encrypted.`,
    addFlags(command) {
      command.optionsGroup("What to encrypt:");
      addRepeatable(command, "-k, --key <key>", "password, .dockerconfigjson, auth.password; repeatable");
      if (kind === "manifest") command.option("--all-data", "all of data and stringData of a Secret");
      addRepeatable(command, "--set <path=value>", "first set a value, a string: stringData.password=...");
      addItemFlags(command, kind);
      addWriteFlags(command);
    },
    task: (given) => {
      const flags: ClusterEncryptFlags = {
        ...(given.options as ClusterEncryptFlags),
        kind,
        name: oneName(given, kind),
      };
      if (flags.allData === true && flags.key !== undefined) {
        throw new CommandError(
          exitCodes.conflictingParameters,
          "--all-data and --key are mutually exclusive: all data has every key. Give one.",
        );
      }
      if (flags.key === undefined && flags.allData !== true && flags.set === undefined) {
        throw new CommandError(
          exitCodes.conflictingParameters,
          `Say what to encrypt: --key KEY${kind === "manifest" ? ", or --all-data for a Secret" : ""}.`,
        );
      }
      return { operation: "encrypt", run: async () => (await import("./run.js")).encryptItemCommand(flags) };
    },
  };
}

const encryptStackDefinition: CommandDefinition = {
  syntax: "stack [name...]",
  usage: "[options] [NAME]",
  summary: "encrypt everything that is marked, in one stack or all",
  description:
    "Encrypt everything that `encrypted_paths` name, in all manifests and addons of a stack, or of all stacks: all or nothing.",
  examples: ["isosops cluster encrypt stack", "isosops cluster encrypt stack web --dry-run"],
  environment: [keyringEnvironment],
  addFlags(command) {
    command.optionsGroup("Files:");
    addFileFlag(command);
    addWriteFlags(command);
  },
  task: (given) => {
    const { args, options } = given;
    if (args.length > 1) throw tooMany(args, "stack");
    const flags = { ...(options as ClusterStackFlags), name: args[0] };
    return { operation: "encrypt", run: async () => (await import("./run.js")).encryptStackCommand(flags) };
  },
};

export const clusterEncryptDefinition: CommandDefinition = {
  syntax: "encrypt",
  usage: "manifest|addon|stack ...",
  summary: "encrypt keys of a manifest or addon, or all marked keys",
  description: "Encrypt keys of a manifest or of an addon's values, or everything that is marked for encryption.",
  examples: ["isosops cluster encrypt manifest shop --key password", "isosops cluster encrypt stack"],
  addFlags() {},
  task: () => {
    throw sayWhat("encrypt", "`manifest`, `addon` or `stack`");
  },
  commands: [encryptItemDefinition("manifest"), encryptItemDefinition("addon"), encryptStackDefinition],
};
