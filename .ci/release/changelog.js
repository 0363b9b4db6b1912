/**
 * @param {string} text of CHANGELOG.md
 * @param {string[]} titles the first section with one of these titles is meant
 * @returns {string} the section, with its heading
 */
export function changelogSection(text, titles) {
  for (const title of titles) {
    const section = text.split(/^(?=## )/m).find(
      (part) =>
        part
          .split("\n", 1)[0]
          .replace(/^## v?/, "")
          .split(" ")[0] === title,
    );
    if (section !== undefined) return section;
  }
  throw new Error(`CHANGELOG.md has no section ${titles.join(" or ")}`);
}
