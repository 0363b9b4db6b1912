/** Whether a value is a ciphertext of sops, as whole values of an encrypted file are. */
export function isCiphertext(value: string): boolean {
  return value.startsWith("ENC[AES256_GCM,") && value.endsWith("]");
}
