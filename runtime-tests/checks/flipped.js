/**
 * The bytes of base64 with their highest bits flipped, in base64: what the services of the checks encrypt with, and decrypt.
 *
 * @param {string} text
 */
export function flipped(text) {
  const bytes = Array.from(atob(text), (letter) => letter.charCodeAt(0) ^ 0x80);
  return btoa(String.fromCharCode(...bytes));
}
