import { httpHandler, initialize, memoryStorage, unprotected } from "@isosops/gitops";
import { check, identity, recipient, samples, toBytes } from "./shared.js";

const token = "0123456789abcdef0123456789abcdef";
let started;

/** A body of the two routes that take one, the first byte says which. The server never fails. */
export const http = {
  words: ["yaml_content", "encrypted_paths", "encrypted_yaml", '"', "\\n"],
  async seeds() {
    const { answer } = await start();
    const bodies = [];
    for (const yaml_content of samples.yaml) {
      bodies.push(["e", { yaml_content, encrypted_paths: ["b", "a", "d.g", ".q", "**", "x.*"] }]);
      const { encrypted_yaml } = await (
        await answer("encrypt", JSON.stringify({ yaml_content, encrypted_paths: ["a"] }))
      ).json();
      if (encrypted_yaml === undefined) continue;
      bodies.push(["e", { yaml_content: encrypted_yaml, encrypted_paths: ["b"] }], ["d", { encrypted_yaml }]);
    }
    return bodies.map(([route, body]) => toBytes(route + JSON.stringify(body)));
  },
  async run(input) {
    const { answer, errors } = await start();
    const response = await answer(input[0] === 0x64 ? "decrypt" : "encrypt", input.slice(1));
    if (errors.length > 0) throw errors.pop();
    check([200, 400, 413, 422].includes(response.status), `status ${response.status}`);
  },
};

async function start() {
  started ??= (async () => {
    const options = { storage: memoryStorage(), protector: unprotected, actor: "fuzzer" };
    await initialize(options);
    // The same key in every run, so that inputs that were kept can be opened.
    await options.storage.update((state) => ({
      ...state,
      current: { ...state.current, recipient, sealed: identity },
    }));
    const errors = [];
    const handle = httpHandler({ organisation: async () => options, token, onError: (error) => errors.push(error) });
    const answer = (route, body) =>
      handle(
        new Request(`http://localhost/api/v1/org/sops/${route}`, {
          method: "POST",
          headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
          body,
        }),
      );
    return { answer, errors };
  })();
  return started;
}
