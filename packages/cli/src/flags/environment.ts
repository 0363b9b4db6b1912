/** Help texts on environment variables. */

export const recipientEnvironment = `
  SOPS_AGE_RECIPIENTS  age public keys, separated by commas, if --age is not given`;

export const configEnvironment = `
  SOPS_CONFIG          the path of a configuration, if --config is not given`;

export const identityEnvironment = `
  SOPS_AGE_KEY         age private keys (AGE-SECRET-KEY-1...)
  SOPS_AGE_KEY_FILE    the path of a file with such keys
  SOPS_AGE_KEY_CMD     a command that prints such keys
  SOPS_AGE_SSH_PRIVATE_KEY_FILE, SOPS_AGE_SSH_PRIVATE_KEY_CMD
                       the same for an SSH key; ~/.ssh/id_ed25519 and ~/.ssh/id_rsa are read too
                       Keys are also read from sops/age/keys.txt in your configuration folder:
                       $XDG_CONFIG_HOME or ~/.config; on macOS $XDG_CONFIG_HOME or
                       ~/Library/Application Support; on Windows %AppData%.`;

export const editorEnvironment = `
  SOPS_EDITOR, EDITOR  the command of the editor; without both: vim, nano or vi`;

export const keyringEnvironment = `
  ISOSOPS_HOME         the folder of the organisation's keyring, if it is not isosops in your
                       configuration folder
  ISOSOPS_PASSPHRASE   the keyring's passphrase, if there is no terminal to ask for it`;

export const newPassphraseEnvironment = `
  ISOSOPS_NEW_PASSPHRASE
                       the new passphrase, if there is no terminal to ask for it`;

export const tokenEnvironment = `
  ISOSOPS_TOKEN        the token that clients of \`isosops org serve\` must send`;

export const generalEnvironment = `
  NO_COLOR             no colour in messages
  ISOSOPS_DEBUG        show where an error happened; may show parts of your file`;
