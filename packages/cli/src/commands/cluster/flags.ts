import type { Command } from "commander";
import { identityEnvironment, keyringEnvironment } from "../../flags/environment.js";
import { CommandError } from "../../program/command-error.js";
import type { CommandDefinition, Given, Task } from "../../program/definition.js";
import { exitCodes } from "../../program/exit-codes.js";
import { argocdDefinition, fluxDefinition } from "./argocd-flux-flags.js";
import { addFileFlag, type ClusterFlags } from "./file-flag.js";

/** Which manifest or addon is meant. */
export interface ClusterItemFlags extends ClusterFlags {
  kind: "manifest" | "addon";
  name: string;
  stack?: string;
  ignoreMac?: boolean;
}

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

export interface ClusterLintFlags extends ClusterFlags {
  json?: boolean;
}

export interface ClusterDecryptionFlags extends ClusterFlags {
  dryRun?: boolean;
}

type Kind = ClusterItemFlags["kind"];

const described = { manifest: "a manifest", addon: "the Helm values of an addon" };

function encryptItemDefinition(kind: Kind): CommandDefinition {
  return {
    syntax: `${kind} [name...]`,
    usage: "[options] NAME",
    summary: `encrypt keys of ${described[kind]}`,
    description: `Encrypt keys of ${described[kind]} for the organisation, in its file or in Base64 in the cluster file, and add them to \`encrypted_paths\`. Both files change or neither, and all that is not touched stays as it is.`,
    examples:
      kind === "manifest"
        ? [
            "isosops cluster encrypt manifest shop --key password --key .dockerconfigjson",
            "isosops cluster encrypt manifest shop --all-data -f clusters/one/cluster.yaml",
            "isosops cluster encrypt manifest shop --key api_token --set stringData.api_token=...",
          ]
        : ["isosops cluster encrypt addon grafana --key adminPassword"],
    environment: [keyringEnvironment],
    remarks: `A key is a name at any depth, as sops matches it; one that begins with a dot is literal; one with dots in
it is a path from the top (auth.password). A file that is encrypted already keeps what is encrypted.`,
    addFlags(command) {
      command.optionsGroup("What to encrypt:");
      addList(command, "-k, --key <key>", "password, .dockerconfigjson, auth.password; may be given more than once");
      if (kind === "manifest") command.option("--all-data", "all of data and stringData of a Secret");
      addList(command, "--set <path=value>", "set a value before, a text: stringData.password=...");
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
          "--all-data and --key exclude each other: all data has every key. Give one.",
        );
      }
      if (flags.key === undefined && flags.allData !== true && flags.set === undefined) {
        throw new CommandError(
          exitCodes.conflictingParameters,
          `Say what to encrypt: --key KEY${kind === "manifest" ? ", or --all-data for a Secret" : ""}.`,
        );
      }
      return task("encrypt", async () => (await import("./encrypt/run.js")).encryptItemCommand(flags));
    },
  };
}

const encryptStackDefinition: CommandDefinition = {
  syntax: "stack [name...]",
  usage: "[options] [NAME]",
  summary: "encrypt all that is marked, in a stack or in all",
  description:
    "Encrypt all that `encrypted_paths` name, in all manifests and addons of a stack, or of all stacks: everything or nothing.",
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
    return task("encrypt", async () => (await import("./encrypt/run.js")).encryptStackCommand(flags));
  },
};

function decryptItemDefinition(kind: Kind): CommandDefinition {
  return {
    syntax: `${kind} [name...]`,
    usage: "[options] NAME",
    summary: `decrypt ${described[kind]} to stdout`,
    description: `Write ${described[kind]} to stdout, decrypted.`,
    examples: [`isosops cluster decrypt ${kind} ${kind === "manifest" ? "shop | kubectl apply -f -" : "grafana"}`],
    environment: [keyringEnvironment, identityEnvironment],
    addFlags(command) {
      addItemFlags(command, kind);
      command.option("--ignore-mac", "decrypt even if values were added, removed or changed");
    },
    task: (given) => {
      const flags = { ...(given.options as ClusterItemFlags), kind, name: oneName(given, kind) };
      return task("decrypt", async () => (await import("./decrypt/run.js")).decryptItemCommand(flags));
    },
  };
}

const encryptDefinition: CommandDefinition = {
  syntax: "encrypt",
  usage: "manifest|addon|stack ...",
  summary: "encrypt keys of a manifest or addon, or all that is marked",
  description: "Encrypt keys of a manifest or of an addon's values, or all that is marked for encryption.",
  examples: ["isosops cluster encrypt manifest shop --key password", "isosops cluster encrypt stack"],
  addFlags() {},
  task: () => {
    throw sayWhat("encrypt", "`manifest`, `addon` or `stack`");
  },
  commands: [encryptItemDefinition("manifest"), encryptItemDefinition("addon"), encryptStackDefinition],
};

const decryptDefinition: CommandDefinition = {
  syntax: "decrypt",
  usage: "manifest|addon ...",
  summary: "decrypt a manifest or an addon's values to stdout",
  description: "Write a manifest or an addon's values to stdout, decrypted.",
  examples: ["isosops cluster decrypt manifest shop"],
  addFlags() {},
  task: () => {
    throw sayWhat("decrypt", "`manifest` or `addon`");
  },
  commands: [decryptItemDefinition("manifest"), decryptItemDefinition("addon")],
};

const lintDefinition: CommandDefinition = {
  syntax: "lint",
  usage: "[options]",
  summary: "find what is marked and plain, or encrypted for others",
  description:
    "Find, without a private key, what is marked for encryption and in plain text, encrypted and not marked, missing, damaged, or encrypted for somebody else.",
  examples: ["isosops cluster lint", "isosops cluster lint --json -f clusters/one/cluster.yaml"],
  environment: [keyringEnvironment],
  addFlags(command) {
    command.optionsGroup("Output:").option("--json", "JSON");
    command.optionsGroup("Files:");
    addFileFlag(command);
  },
  task: ({ options }) => {
    return task("cluster lint", async () => (await import("./lint/run.js")).lintCommand(options as ClusterLintFlags));
  },
};

function switchDefinition(action: "enable" | "disable"): CommandDefinition {
  const enabled = action === "enable";
  return {
    syntax: action,
    usage: "[options]",
    summary: enabled ? "let the cluster decrypt what it deploys" : "let the cluster deploy files as they are",
    description: `Set \`spec.sops.decryption\` in the cluster file to ${enabled}. All else in it stays as it is.`,
    examples: [`isosops cluster decryption ${action} -f clusters/one/cluster.yaml`],
    addFlags(command) {
      command.optionsGroup("Files:");
      addFileFlag(command);
      addDryRun(command);
    },
    task: ({ options }) => {
      return task("cluster decryption", async () => {
        const { decryptionCommand } = await import("./decryption/run.js");
        await decryptionCommand(enabled, options as ClusterDecryptionFlags);
      });
    },
  };
}

const decryptionDefinition: CommandDefinition = {
  syntax: "decryption",
  usage: "enable|disable ...",
  summary: "say whether the cluster decrypts what it deploys",
  description: "Say in the cluster file whether the cluster decrypts what it deploys: `spec.sops.decryption`.",
  examples: ["isosops cluster decryption enable"],
  addFlags() {},
  task: () => {
    throw sayWhat("decryption", "`enable` or `disable`");
  },
  commands: [switchDefinition("enable"), switchDefinition("disable")],
};

export const clusterDefinition: CommandDefinition = {
  syntax: "cluster",
  usage: "COMMAND ...",
  summary: "encrypt and check what a cluster.yaml names",
  description:
    "Encrypt, decrypt and check the manifests and Helm values that a cluster file (`kind: ImportCluster`) names, for the organisation's key.",
  examples: [
    "isosops cluster encrypt manifest shop --key password -f cluster.yaml",
    "isosops cluster decrypt addon grafana",
    "isosops cluster lint",
  ],
  environment: [keyringEnvironment],
  addFlags() {},
  task: () => {
    throw new CommandError(
      exitCodes.generic,
      "Say what to do: `isosops cluster encrypt`, `decrypt`, `lint`, `decryption`, `argocd` or `flux`. `isosops cluster --help` tells more.",
    );
  },
  commands: [
    encryptDefinition,
    decryptDefinition,
    lintDefinition,
    decryptionDefinition,
    argocdDefinition,
    fluxDefinition,
  ],
};

function task(operation: string, run: () => Promise<void>): Task {
  return { operation, run };
}

function addList(command: Command, flags: string, description: string): void {
  command.option(flags, description, (value: string, before: string[] = []) => [...before, value]);
}

function addItemFlags(command: Command, kind: Kind): void {
  command.optionsGroup("Files:");
  addFileFlag(command);
  command.option("--name <name>", `the ${kind}'s name, in place of the argument`);
  command.option(
    "--stack <name>",
    `the stack, where several have ${kind === "addon" ? "an" : "a"} ${kind} of that name`,
  );
}

function addDryRun(command: Command): void {
  command.option("--dry-run", "write nothing, and say what would be done");
}

function addWriteFlags(command: Command): void {
  addDryRun(command);
  command.option(
    "--accept-added",
    "encrypt values that were added to an encrypted file by hand; else a terminal is asked",
  );
  command.option("--ignore-mac", "take an encrypted file even if it was changed by hand, and give it a right MAC");
}

function oneName({ args, options }: Given, kind: Kind): string {
  const { name } = options as { name?: string };
  const names = name === undefined ? args : [name, ...args];
  if (names.length > 1) throw tooMany(names, kind);
  if (names[0]) return names[0];
  throw new CommandError(exitCodes.generic, `Give the name of the ${kind}, as the cluster file has it.`);
}

function tooMany(names: readonly string[], kind: string): CommandError {
  return new CommandError(exitCodes.generic, `Give one ${kind} at a time: ${names.join(", ")} are ${names.length}.`);
}

function sayWhat(command: string, what: string): CommandError {
  return new CommandError(
    exitCodes.generic,
    `Say what to do: \`isosops cluster ${command}\` with ${what}. \`isosops cluster ${command} --help\` tells more.`,
  );
}
