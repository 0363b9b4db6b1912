/** Help texts on environment variables. */

export const recipientEnvironment = `
  SOPS_AGE_RECIPIENTS  age public keys, separated by commas, if --age is not given
  SOPS_PGP_FP, SOPS_KMS_ARN, SOPS_GCP_KMS_IDS, SOPS_AZURE_KEYVAULT_URLS, SOPS_VAULT_URIS,
  SOPS_HUAWEICLOUD_KMS_IDS
                       the same for --pgp, --kms, --gcp-kms, --azure-kv, --hc-vault-transit, --hckms`;

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
                       ~/Library/Application Support; on Windows %AppData%.
  SOPS_DECRYPTION_ORDER
                       types of keys to try first, if --decryption-order is not given
  SOPS_GPG_EXEC        the program that decrypts for PGP keys, if it is not gpg
                       Credentials of key services are found where sops finds them.`;

export const keyServiceEnvironment = `
  SOPS_KEYSERVICE      key services, separated by commas, if --keyservice is not given
  SOPS_ENABLE_LOCAL_KEYSERVICE
                       \`false\`: do not use the keys of this machine`;

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
  ISOSOPS_COMPAT       sops: behave as sops where its output and defaults differ, as a link of that
                       name does; isosops: do not
  NO_COLOR             no colour in messages
  ISOSOPS_DEBUG        show where an error happened; may show parts of your file`;
