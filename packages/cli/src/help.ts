import type { Command } from "commander";
import { exitCodeMeanings } from "./exit-codes.js";

const width = 100;

const about = `Encrypt the values of YAML, JSON, ENV and INI files, or whole files of any kind, and decrypt them, as sops does.

Commands:
  encrypt [file]                       encrypt the values of a file, onto stdout
  decrypt [file]                       decrypt a file and check it, onto stdout

\`isosops encrypt --help\` and \`isosops decrypt --help\` show only what concerns them. Without a file
they read stdin.`;

const encryptExamples = `
Examples:
  isosops encrypt --age age1... secret.yaml > secret.enc.yaml
  isosops encrypt --age age1...,age1... --encrypted-regex '^(data|stringData)$' -i secret.yaml
  kubectl get secret db -o yaml | isosops encrypt --age age1... --filename-override db.yaml`;

const decryptExamples = `
Examples:
  isosops decrypt secret.enc.yaml
  isosops decrypt -i secret.yaml
  isosops decrypt --output-type json secret.enc.yaml | jq .password
  curl https://example.com/secret.yaml | isosops decrypt --filename-override secret.yaml`;

const recipientEnvironment = `
  SOPS_AGE_RECIPIENTS  age public keys, separated by commas, where --age is not given`;

const identityEnvironment = `
  SOPS_AGE_KEY         age private keys (AGE-SECRET-KEY-1...)
  SOPS_AGE_KEY_FILE    the path of a file with such keys
                       Keys are also read from sops/age/keys.txt in your configuration folder:
                       $XDG_CONFIG_HOME or ~/.config; on macOS $XDG_CONFIG_HOME or
                       ~/Library/Application Support; on Windows %AppData%.`;

const generalEnvironment = `
  NO_COLOR             no colour in messages
  ISOSOPS_DEBUG        where an error happened; may show parts of your file`;

/** Give the program and its commands their help texts. */
export function addHelp(program: Command, encrypt: Command, decrypt: Command): void {
  for (const command of [program, encrypt, decrypt]) {
    command.configureHelp({
      helpWidth: width,
      showGlobalOptions: false,
      visibleArguments: () => [],
      visibleCommands: () => [],
      // Without the choices and the default, which the descriptions tell better.
      optionDescription: (option) => option.description,
    });
    command.addHelpOption(command.createOption("-h, --help", "show this text").helpGroup("More:"));
  }
  program.helpCommand(false);
  program.description(about);
  program.usage("encrypt [options] [file]\n       isosops decrypt [options] [file]");
  encrypt.usage("[options] [file]");
  decrypt.usage("[options] [file]");
  program.addHelpText("after", () =>
    [
      encryptExamples + decryptExamples.replace("\nExamples:", ""),
      `\nEnvironment:${recipientEnvironment}${identityEnvironment}${generalEnvironment}`,
      exitCodeTable(),
    ].join("\n"),
  );
  encrypt.addHelpText("after", `${encryptExamples}\n\nEnvironment:${recipientEnvironment}${generalEnvironment}`);
  decrypt.addHelpText("after", `${decryptExamples}\n\nEnvironment:${identityEnvironment}${generalEnvironment}`);
}

function exitCodeTable(): string {
  const rows = exitCodeMeanings.map(([code, meaning]) => `  ${String(code).padStart(3)}  ${meaning}`);
  return `\nExit codes (those of sops):\n${rows.join("\n")}`;
}
