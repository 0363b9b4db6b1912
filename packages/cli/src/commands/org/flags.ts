import type { Command } from "commander";
import {
  identityEnvironment,
  keyringEnvironment,
  newPassphraseEnvironment,
  tokenEnvironment,
} from "../../flags/environment.js";
import { CommandError } from "../../program/command-error.js";
import type { CommandDefinition, Given, Task } from "../../program/definition.js";
import { exitCodes } from "../../program/exit-codes.js";

export interface OrgInitFlags {
  recipient?: string[];
}

export interface OrgShowFlags {
  json?: boolean;
}

export interface OrgPublishFlags {
  force?: boolean;
}

export interface OrgExportFlags {
  for?: string[];
}

export interface OrgJoinFlags extends OrgInitFlags {
  replace?: boolean;
  reencrypt?: boolean;
  gone?: string[];
  except?: string[];
  exceptRef?: string[];
}

export interface OrgReencryptFlags {
  dryRun?: boolean;
  newDataKeys?: boolean;
  dropOldKey?: boolean;
  allowRecipient?: string[];
}

export interface OrgServeFlags {
  listen?: string;
  allowRemote?: boolean;
  allowHost?: string[];
  tokenFile?: string;
  limit?: string[];
}

export interface OrgEndFlags {
  force?: boolean;
  gone?: string[];
  except?: string[];
  exceptRef?: string[];
}

const initDefinition: CommandDefinition = {
  syntax: "init [nothing...]",
  usage: "[options]",
  summary: "make the organisation's key pair",
  description:
    "Make the organisation's age key pair and show its public key. The private key goes into the keyring, encrypted with a passphrase, or for other age keys. In a Git repository, .isosops/organisation.yaml tells of the public key: see `isosops org publish`.",
  examples: ["isosops org init", "isosops org init --recipient age1... --recipient age1..."],
  environment: [keyringEnvironment],
  addFlags(command) {
    command.optionsGroup("Who opens the keyring, in place of a passphrase:");
    addList(command, "--recipient <recipient>", "whoever has this age or SSH key; may be given more than once");
  },
  task: (given) =>
    task("init", async () => {
      noArguments(given);
      const { orgInit } = await import("./init/run.js");
      await orgInit(given.options);
    }),
};

const showDefinition: CommandDefinition = {
  syntax: "show [nothing...]",
  usage: "[options]",
  summary: "show the public key, and how things stand",
  description:
    "Show the organisation's public key, and whether a rotation is under way. Needs no private key; where there is no keyring, .isosops/organisation.yaml of the repository tells.",
  examples: ["isosops org show", "isosops org show --json"],
  environment: [keyringEnvironment],
  addFlags: addJson,
  task: (given) =>
    task("show", async () => {
      noArguments(given);
      const { orgShow } = await import("./show/run.js");
      await orgShow(given.options);
    }),
};

const enableDefinition: CommandDefinition = {
  syntax: "enable [nothing...]",
  usage: "",
  summary: "encrypt fields that are marked for encryption",
  description: "Encrypt fields that are marked for encryption, after `isosops org disable`.",
  examples: ["isosops org enable"],
  environment: [keyringEnvironment],
  addFlags() {},
  task: (given) => task("enable", () => setEnabled(given, true)),
};

const disableDefinition: CommandDefinition = {
  syntax: "disable [nothing...]",
  usage: "",
  summary: "save fields marked for encryption in plain text",
  description:
    "Save fields that are marked for encryption in plain text, with a warning each time. What is encrypted stays so, and is decrypted as before.",
  examples: ["isosops org disable"],
  environment: [keyringEnvironment],
  addFlags() {},
  task: (given) => task("disable", () => setEnabled(given, false)),
};

async function setEnabled(given: Given, enabled: boolean): Promise<void> {
  noArguments(given);
  const { orgSetEnabled } = await import("./enable-disable/run.js");
  await orgSetEnabled(enabled);
}

const rotateDefinition: CommandDefinition = {
  syntax: "rotate [nothing...]",
  usage: "",
  summary: "begin a rotation: make a new key pair, keep the old one",
  description:
    "Make a new key pair, for which everything is encrypted from now on. The old one still opens what there is, until `isosops org confirm`.",
  examples: ["isosops org rotate"],
  environment: [keyringEnvironment, identityEnvironment],
  addFlags() {},
  task: (given) =>
    task("rotate", async () => {
      noArguments(given);
      const { orgRotate } = await import("./rotate/run.js");
      await orgRotate();
    }),
};

const reencryptDefinition: CommandDefinition = {
  syntax: "reencrypt [paths...]",
  usage: "[options] paths...",
  summary: "let the new key take the old one's place in files",
  description:
    "Let the new key take the old one's place in every SOPS file at the paths, and in every .sops.yaml. Only what concerns the keys changes in a file. One that holds the old private key, encrypted, gets the new one too, and --drop-old-key leaves the new one alone in it. A run that was cut off is taken up by the next one.",
  examples: ["isosops org reencrypt --dry-run .", "isosops org reencrypt .", "isosops org reencrypt --new-data-keys ."],
  environment: [keyringEnvironment, identityEnvironment],
  remarks: `Exit code ${exitCodes.findings} says that a person has to look at some of the files, 0 that all is done.`,
  addFlags(command) {
    command
      .optionsGroup("How:")
      .option("--dry-run", "change nothing, and list the files that would be")
      .option("--drop-old-key", "take the old private key out of encrypted files that hold it, such as argocd.enc.yaml")
      .option("--new-data-keys", "encrypt all values anew, where the old key may be in wrong hands");
    addList(
      command,
      "--allow-recipient <recipient>",
      "with --new-data-keys: may read files that name it, though no rule of .sops.yaml does",
    );
  },
  task: (given) =>
    task("reencrypt", async () => {
      const paths = somePaths("reencrypt", given);
      const { orgReencrypt } = await import("./reencrypt/run.js");
      await orgReencrypt(paths, given.options);
    }),
};

const statusDefinition: CommandDefinition = {
  syntax: "status [paths...]",
  usage: "[options] paths...",
  summary: "list the files that the old key is needed for",
  description:
    "List the files at the paths that say they are encrypted for the old key, or cannot be read. Needs no private key; `confirm` also finds, by trying the key, what says something else.",
  examples: ["isosops org status .", "isosops org status --json ."],
  environment: [keyringEnvironment],
  remarks: `Exit code ${exitCodes.findings} says that there is such a file, 0 that there is none.`,
  addFlags: addJson,
  task: (given) =>
    task("status", async () => {
      const paths = somePaths("status", given);
      const { orgStatus } = await import("./status/run.js");
      await orgStatus(paths, given.options);
    }),
};

const confirmDefinition: CommandDefinition = {
  syntax: "confirm [paths...]",
  usage: "[options] paths...",
  summary: "end a rotation: destroy the old key",
  description:
    "Destroy the old private key. Refuses, naming the files, while it opens something in one at the paths, or in one that was written for the organisation before, whatever that says of its readers, while one cannot be read, or while one that was written before is nowhere to be found. Looks at all branches, remote branches, stashes and tags of the last year of the Git repositories there, too.",
  examples: ["isosops org confirm .", "isosops org confirm --except-ref 'v1.*' ."],
  environment: [keyringEnvironment, identityEnvironment],
  addFlags: addGone,
  task: (given) =>
    task("confirm", async () => {
      const paths = somePaths("confirm", given);
      const { orgConfirm } = await import("./confirm-cancel/run.js");
      await orgConfirm(paths, given.options);
    }),
};

const cancelDefinition: CommandDefinition = {
  syntax: "cancel [paths...]",
  usage: "[options] paths...",
  summary: "go back to the old key: destroy the new one",
  description:
    "Go back to the old key, and destroy the new one. Refuses, naming the files, where one at the paths, or one that was written for the organisation before, can be opened by the new key alone, on any branch.",
  examples: ["isosops org cancel ."],
  environment: [keyringEnvironment, identityEnvironment],
  addFlags(command) {
    addGone(command);
    command.option("--force", "even where files depend on the new key alone: nobody opens them any more");
  },
  task: (given) =>
    task("cancel", async () => {
      const paths = somePaths("cancel", given);
      const { orgCancel } = await import("./confirm-cancel/run.js");
      await orgCancel(paths, given.options);
    }),
};

const logDefinition: CommandDefinition = {
  syntax: "log [nothing...]",
  usage: "[options]",
  summary: "show who did what with the organisation's keys",
  description: "Show when and by whom keys were made and destroyed, and encryption enabled and disabled.",
  examples: ["isosops org log", "isosops org log --json"],
  environment: [keyringEnvironment],
  addFlags: addJson,
  task: (given) =>
    task("log", async () => {
      noArguments(given);
      const { orgLog } = await import("./log/run.js");
      await orgLog(given.options);
    }),
};

const publishDefinition: CommandDefinition = {
  syntax: "publish [paths...]",
  usage: "[options] [paths...]",
  summary: "tell of the public keys in a Git repository",
  description:
    "Write the organisation's public keys, with what has become of each, to .isosops/organisation.yaml at the top of the Git repository that the working folder, or each path, is in. Once it is there, `rotate`, `reencrypt`, `confirm` and `cancel` keep it current.",
  examples: ["isosops org publish", "isosops org publish ../other-repository"],
  environment: [keyringEnvironment],
  remarks: `With that file, nobody needs a keyring to encrypt (\`isosops cluster encrypt\`) or to check (\`cluster lint\`, \`verify\`), and a keyring
that is an old copy, or was rotated apart from another one, is noticed before it is used. Its entries have MACs under the
private keys: whoever has the keyring can tell that nobody else has changed it. Without a keyring it is believed as
.sops.yaml is: whoever can write to the repository can name another key.`,
  addFlags(command) {
    command
      .optionsGroup("What stands in the way:")
      .option("--force", "in place of one that this keyring does not know, or that is damaged");
  },
  task: ({ args, options }) =>
    task("publish", async () => {
      const { orgPublish } = await import("./publish/run.js");
      await orgPublish(args, options);
    }),
};

const joinDefinition: CommandDefinition = {
  syntax: "join [arguments...]",
  usage: "[options] FILE [paths...]",
  summary: "take over the keyring that a colleague has exported",
  description:
    "Take over the keyring from a file that a colleague has made by `isosops org export --for`, which your age private key opens. It is held against .isosops/organisation.yaml of the repository, where there is one. Where it takes the place of an older keyring of the organisation, it refuses, naming the files, while one at the paths, by default in the working folder, or on a branch there can be opened by the older one alone. - reads from stdin.",
  examples: [
    "isosops org join keyring.age",
    "isosops org join --replace keyring.age",
    "isosops org join --reencrypt keyring.age .",
  ],
  environment: [keyringEnvironment, identityEnvironment],
  addFlags(command) {
    command.optionsGroup("Who opens the keyring here, in place of a passphrase:");
    addList(command, "--recipient <recipient>", "whoever has this age or SSH key; may be given more than once");
    command
      .optionsGroup("Files that the keyring here opens, and the new one does not:")
      .option("--reencrypt", "re-encrypt those at the paths for the new keyring, and leave the one here as it is");
    addGone(command);
    command.option("--replace", "in place of the keyring that is here: what that one alone opens elsewhere is lost");
  },
  task: (given) =>
    task("join", async () => {
      const [file, ...paths] = given.args;
      if (file === undefined) {
        throw new CommandError(exitCodes.noFile, "Give the file of a colleague: `isosops org join FILE`");
      }
      const { orgJoin } = await import("./join/run.js");
      await orgJoin(file, paths.length > 0 ? paths : ["."], given.options);
    }),
};

const passwdDefinition: CommandDefinition = {
  syntax: "passwd [nothing...]",
  usage: "[options]",
  summary: "change the passphrase of the keyring",
  description:
    "Encrypt the private keys of the keyring with another passphrase, or for other age keys: all at once, or none.",
  examples: ["isosops org passwd", "isosops org passwd --recipient age1..."],
  environment: [keyringEnvironment, newPassphraseEnvironment],
  addFlags(command) {
    command.optionsGroup("Who opens the keyring, in place of a passphrase:");
    addList(command, "--recipient <recipient>", "whoever has this age or SSH key; may be given more than once");
  },
  task: (given) =>
    task("passwd", async () => {
      noArguments(given);
      const { orgPasswd } = await import("./passwd/run.js");
      await orgPasswd(given.options);
    }),
};

const exportDefinition: CommandDefinition = {
  syntax: "export [nothing...]",
  usage: "[options]",
  summary: "write the private key to stdout, for sops and others",
  description:
    "Write the organisation's private key to stdout as an identity file: during a rotation, both. sops and isosops decrypt with it by SOPS_AGE_KEY_CMD. For a colleague, write the whole keyring, encrypted.",
  examples: [
    "SOPS_AGE_KEY_CMD='isosops org export' sops decrypt secret.yaml",
    "isosops org export --for age1... > keyring.age",
  ],
  environment: [keyringEnvironment, identityEnvironment],
  addFlags(command) {
    command.optionsGroup("For a colleague:");
    addList(
      command,
      "--for <recipient>",
      "the keyring for whoever has this age or SSH key, who takes it over by `isosops org join`",
    );
  },
  task: (given) =>
    task("export", async () => {
      noArguments(given);
      const { orgExport } = await import("./export/run.js");
      await orgExport(given.options);
    }),
};

const serveDefinition: CommandDefinition = {
  syntax: "serve [nothing...]",
  usage: "[options]",
  summary: "encrypt and decrypt documents over HTTP, for web tools",
  description:
    "Offer the organisation's public key, encryption and decryption to other programs on this machine over HTTP, until it is interrupted. GET /openapi.json describes how. Clients give a token: that of ISOSOPS_TOKEN or of a file, else a new one, which is shown.",
  examples: ["isosops org serve", "isosops org serve --listen 127.0.0.1:9000 --token-file token.txt"],
  environment: [keyringEnvironment, tokenEnvironment],
  addFlags(command) {
    command
      .optionsGroup("Where, and for whom:")
      .option("--listen <address>", "host and port; 127.0.0.1:8740 when left out, and port 0 is any that is free")
      .option("--allow-remote", "listen for other machines too; the connection is not encrypted")
      .option("--token-file <file>", "the file that holds the token");
    addList(
      command,
      "--allow-host <name>",
      "a name by which clients reach the server, beside `localhost` and its IP addresses; may be given more than once",
    );
    addList(
      command.optionsGroup("What one request may take:"),
      "--limit <name=number>",
      "another limit than these: body=10, output=64 and memory=1024 (MiB), documents=1000, names=1000, seconds=30",
    );
  },
  task: (given) =>
    task("serve", async () => {
      noArguments(given);
      const { orgServe } = await import("./serve/run.js");
      await orgServe(given.options);
    }),
};

const commands = [
  initDefinition,
  showDefinition,
  enableDefinition,
  disableDefinition,
  rotateDefinition,
  reencryptDefinition,
  statusDefinition,
  confirmDefinition,
  cancelDefinition,
  logDefinition,
  publishDefinition,
  exportDefinition,
  joinDefinition,
  passwdDefinition,
  serveDefinition,
];

export const orgDefinition: CommandDefinition = {
  syntax: "org",
  usage: "COMMAND ...",
  summary: "keep an organisation's key, and rotate it",
  description:
    "Keep the one key that an organisation's files are encrypted for, and replace it without losing a file: rotate, reencrypt, confirm.",
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

function task(name: string, run: () => Promise<void>): Task {
  return { operation: `org ${name}`, run };
}

function addJson(command: Command): void {
  command.optionsGroup("Output:").option("--json", "the same for a program, as JSON");
}

function addGone(command: Command): void {
  command.optionsGroup("What stands in the way:");
  addList(command, "--gone <process>", "a process that files are said to be written by has ended for certain");
  addList(command, "--except <file>", "this file, or folder, may be lost: it is not looked at");
  addList(
    command,
    "--except-ref <name>",
    "nor is this branch, tag or stash; `*` stands for anything, and may be given alone",
  );
}

function addList(command: Command, flags: string, description: string): void {
  command.option(flags, description, (value: string, before: string[] = []) => [...before, value]);
}

function noArguments({ args }: Given): void {
  if (args.length === 0) return;
  throw new CommandError(exitCodes.generic, `This command takes no arguments, so ${args.join(", ")} has no meaning.`);
}

function somePaths(name: string, { args }: Given): readonly string[] {
  if (args.length > 0) return args;
  throw new CommandError(
    exitCodes.noFile,
    `No file or folder was given. For all that is here: \`isosops org ${name} .\``,
  );
}
