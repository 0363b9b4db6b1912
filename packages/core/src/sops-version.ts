const largestUint64 = 2n ** 64n - 1n;
const semver =
  /^v?(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/;

/**
 * Whether sops accepts a text as the version that wrote a file (version/version.go, `AIsNewerThanB`): a semantic
 * version, with or without `v`, or anything that starts like the versions of sops 1.
 */
export function isSopsVersion(text: string): boolean {
  if (text.startsWith("1.")) return true;
  const match = semver.exec(text);
  if (match === null) return false;
  const [, major, minor, patch, prerelease = ""] = match;
  const numbers = [major!, minor!, patch!, ...prerelease.split(".").filter((part) => /^\d+$/.test(part))];
  return numbers.every((number) => (number === "0" || !number.startsWith("0")) && BigInt(number) <= largestUint64);
}
