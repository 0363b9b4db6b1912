import { keyringEnvironment, tokenEnvironment } from "../../../flags/environment.js";
import { addRepeatable } from "../../../flags/repeatable.js";
import type { CommandDefinition } from "../../../program/definition.js";
import { noArguments, orgTask } from "../shared-flags.js";

export interface OrgServeFlags {
  listen?: string;
  allowRemote?: boolean;
  allowHost?: string[];
  tokenFile?: string;
  limit?: string[];
}

export const orgServeDefinition: CommandDefinition = {
  syntax: "serve [nothing...]",
  usage: "[options]",
  summary: "encrypt and decrypt documents over HTTP, for web tools",
  description:
    "Serve the organisation's public key, encryption and decryption over HTTP to programs on this machine, until interrupted. GET /openapi.json describes the API. Clients send a token, from ISOSOPS_TOKEN or a file, else a new one, which is printed.",
  examples: ["isosops org serve", "isosops org serve --listen 127.0.0.1:9000 --token-file token.txt"],
  environment: [keyringEnvironment, tokenEnvironment],
  addFlags(command) {
    command
      .optionsGroup("Where, and for whom:")
      .option("--listen <address>", "host and port; 127.0.0.1:8740 when left out, and port 0 is any that is free")
      .option("--allow-remote", "listen for other machines too; the connection is not encrypted")
      .option("--token-file <file>", "the file that holds the token");
    addRepeatable(
      command,
      "--allow-host <name>",
      "a name by which clients reach the server, besides `localhost` and its IP addresses; repeatable",
    );
    addRepeatable(
      command.optionsGroup("What one request may take:"),
      "--limit <name=number>",
      "change one of these limits: body=10, output=64 and memory=1024 (MiB), documents=1000, names=1000, seconds=30",
    );
  },
  task: (given) =>
    orgTask("serve", async () => {
      noArguments(given);
      const { orgServe } = await import("./run.js");
      await orgServe(given.options);
    }),
};
