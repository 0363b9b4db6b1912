import { keyringEnvironment, tokenEnvironment } from "../../../flags/environment.js";
import { addRepeatable } from "../../../flags/repeatable.js";
import type { CommandDefinition } from "../../../program/definition.js";
import { noArguments, orgTask } from "../shared-flags.js";

export interface OrgServeFlags {
  listen?: string;
  allowRemote?: boolean;
  allowHost?: string[];
  tokenFile?: string[];
  limit?: string[];
  tlsCert?: string;
  tlsKey?: string;
  ui?: boolean;
  uiFolder?: string;
  root?: string;
  auditLog?: string;
}

export const orgServeDefinition: CommandDefinition = {
  syntax: "serve [nothing...]",
  usage: "[options]",
  summary: "encrypt and decrypt documents over HTTP, for web tools",
  description:
    "Serve the organisation's public key, encryption and decryption over HTTP to programs on this machine, until interrupted. GET /openapi.json describes the API. Clients send a token, from ISOSOPS_TOKEN or a file, else a new one, which is printed. With --ui, serve web pages too: a workbench, the stacks of cluster files, and the settings of the organisation. People sign in by a link that is printed and works once, or by a token.",
  examples: [
    "isosops org serve",
    "isosops org serve --listen 127.0.0.1:9000 --token-file token.txt",
    "isosops org serve --ui --root clusters",
    "isosops org serve --ui --listen 0.0.0.0:8740 --tls-cert cert.pem --tls-key key.pem --allow-host secrets.example --token-file editor=editors.txt",
  ],
  environment: [keyringEnvironment, tokenEnvironment],
  remarks: `A token file has a token in each line, with a name for the audit log before it if you like:
\`ann 8f3c...\`. ROLE is one of

  viewer         reads files as they are, and decrypts nothing
  editor         also encrypts, decrypts and saves
  administrator  also changes the organisation's keys, and switches decryption

and an administrator's when left out.`,
  addFlags(command) {
    command
      .optionsGroup("Where, and for whom:")
      .option("--listen <address>", "host and port; 127.0.0.1:8740 when left out, and port 0 is any that is free")
      .option("--tls-cert <file>", "encrypt the connection: the certificate, with its chain, in PEM")
      .option("--tls-key <file>", "the private key of the certificate, in PEM, without a passphrase")
      .option("--allow-remote", "listen for other machines without TLS; the connection is not encrypted");
    addRepeatable(command, "--token-file <[role=]file>", "a file that holds tokens of this role; repeatable");
    addRepeatable(
      command,
      "--allow-host <name>",
      "a name by which clients reach the server, besides `localhost` and its IP addresses; repeatable",
    );
    command
      .optionsGroup("Web pages:")
      .option("--ui", "serve the web pages, and what they need")
      .option("--root <folder>", "the folder of cluster files; the working folder when left out")
      .option(
        "--audit-log <file>",
        "append to this file who asked for what, when, and with what result, without secrets",
      )
      .option(
        "--ui-folder <folder>",
        "serve the pages that were built into this folder instead of those of the command",
      );
    addRepeatable(
      command.optionsGroup("What may be asked for:"),
      "--limit <name=number>",
      "change one of these limits: body=10, output=64 and memory=1024 (MiB), documents=1000, names=1000, seconds=30 for one request, and secrets=120 in a minute, for the pages",
    );
  },
  task: (given) =>
    orgTask("serve", async () => {
      noArguments(given);
      const { orgServe } = await import("./run.js");
      await orgServe(given.options);
    }),
};
