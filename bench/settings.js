// The measured settings file in every format.
import { entry, leaf, mapping } from "@isosops/core";
import { storeByName } from "@isosops/formats";
import { json } from "@isosops/formats/json";
import { benchFile } from "./generate.js";

/** The settings file of so many values in a format: what has no text of its own here is written as the format's own layout has it. */
export function settings(leaves, format) {
  if (format === "json" || format === "yaml") return benchFile(leaves, format).text;
  if (format === "binary") return benchFile(leaves, "yaml").text;
  const document = json.parse(benchFile(leaves, "json").text);
  const [root] = document.branches;
  if (format === "dotenv") document.branches = [mapping(flat(root, ""))];
  if (format === "ini") {
    // A section a service.
    const services = root.items[0].value.items;
    document.branches = [mapping(services.map(({ key, value }) => entry(key, mapping(flat(value, "")))))];
  }
  return storeByName(format).render(document, { layout: "sops" });
}

/** Single values, by names such as `services_mailer-0_database_host`, for formats that have no nesting. */
function flat(node, name) {
  if (node.kind === "leaf") return [entry(name, leaf("str", node.text))];
  return node.items.flatMap((item, index) => {
    const [part, value] = item.kind === "entry" ? [item.key, item.value] : [index, item];
    return flat(value, name === "" ? String(part) : `${name}_${part}`);
  });
}
