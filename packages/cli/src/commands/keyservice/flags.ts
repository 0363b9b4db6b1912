import { identityEnvironment } from "../../flags/environment.js";
import type { CommandDefinition } from "../../program/definition.js";

export interface KeyserviceOptions {
  network?: string;
  address?: string;
  prompt?: boolean;
  verbose?: boolean;
}

export const keyserviceDefinition: CommandDefinition = {
  syntax: "keyservice [args...]",
  usage: "[options]",
  summary: "encrypt and decrypt data keys for others, over gRPC",
  description:
    "Start a key service: it encrypts and decrypts data keys with the keys and credentials of this machine, for `isosops --keyservice` and `sops --keyservice` elsewhere. Ends on Ctrl+C.",
  examples: [
    "isosops keyservice --network unix --address /run/user/1000/sops.sock",
    "isosops keyservice --prompt",
    "isosops decrypt --keyservice unix:///run/user/1000/sops.sock secret.yaml",
  ],
  environment: [identityEnvironment],
  remarks: `Whoever can connect can decrypt every file of its keys. A socket is for you alone; TCP has no access
control and no encryption: use a loopback address, and a tunnel between machines.`,
  addFlags(command) {
    command
      .option("--net, --network <network>", "tcp (the default), tcp4, tcp6 or unix")
      .option("--addr, --address <address>", "HOST:PORT, or the path of the socket (127.0.0.1:5000)")
      .option("--prompt", "ask before each request is answered")
      .option("--verbose", "say on stderr what is asked for");
  },
  task: ({ options, general }) => ({
    operation: "keyservice",
    async run() {
      const { keyserviceCommand } = await import("./run.js");
      const { verbose } = general as KeyserviceOptions;
      await keyserviceCommand({ ...(verbose === undefined ? {} : { verbose }), ...(options as KeyserviceOptions) });
    },
  }),
};
