/**
 * The order in which packages are published: what one depends on before it, so that no published version lacks another.
 *
 * @param {{ name: string, manifest: Record<string, any> }[]} packages
 * @returns {string[]} their names
 */
export function publishOrder(packages) {
  const order = [];
  const add = ({ name, manifest }, above = []) => {
    if (above.includes(name)) throw new Error(`packages depend on each other: ${[...above, name].join(" -> ")}`);
    if (order.includes(name)) return;
    const needed = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
    for (const entry of packages) if (needed.includes(entry.name)) add(entry, [...above, name]);
    order.push(name);
  };
  for (const entry of packages) add(entry);
  return order;
}
