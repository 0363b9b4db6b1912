/**
 * An encrypted file with all that is random or depends on the day masked; the lengths of ciphertexts, all names and the
 * layout stay.
 */
export function mask(encrypted: string): string {
  return encrypted
    .replace(/data:([\w+/=]+),iv:[\w+/=]+,tag:[\w+/=]+,/g, (_, data: string) => `data:${data.length},`)
    .replace(/-----BEGIN AGE ENCRYPTED FILE-----(?:[^-]|-(?!-))*/g, "-----BEGIN AGE ENCRYPTED FILE-----")
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, "TIME");
}
