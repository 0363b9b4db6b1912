/**
 * Rotation as a protocol: processes that encrypt, rotate, re-encrypt, confirm and cancel at the same time, in every
 * order the generator comes upon, and that crash anywhere. Among the files are some of odd names and spellings, such as say
 * that another key opens them, and now and then one cannot be read. There is never a file that no kept key opens.
 * `ISOSOPS_RUNS` says how many runs.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { decrypt, encrypt, generateIdentity } from "../../isosops/dist/index.js";
import {
  cancel,
  confirm,
  type Files,
  GitopsError,
  givingOut,
  identities,
  initialize,
  type KeyringState,
  type KeyringStorage,
  type OrganisationOptions,
  reencrypt,
  rotate,
  saving,
  show,
  unprotected,
  writing,
} from "../dist/index.js";
import { oddFiles } from "./odd-files.js";

const runs = Number(process.env.ISOSOPS_RUNS ?? 150);
const usual = ["a.yaml", "b.yaml", "c.yaml"];

/** A name that is no UTF-8, as the command has it; one that no line holds; one that a terminal turns around. */
const oddNames = ["gr\udcf6sse.yaml", "a\nb.yaml", "\u202elmay.x"];
const paths = [...usual, ...oddNames];

/** Whoever is named in odd files in place of those who open them. */
const stranger = await generateIdentity();

type Command =
  | { do: "encrypt" | "edit" | "save" | "give out" | "lock" | "unlock" | "repair"; path: string }
  | { do: "make odd"; path: string; odd: number }
  | { do: "rotate" }
  | { do: "reencrypt" | "confirm" | "cancel"; paths: string[] };

const some = fc.oneof({ weight: 3, arbitrary: fc.constant(paths) }, { weight: 1, arbitrary: fc.subarray(paths) });
const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom("encrypt" as const, "edit" as const, "save" as const),
      path: fc.constantFrom(...paths),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("make odd" as const),
      path: fc.constantFrom(...paths),
      odd: fc.nat(oddFiles.length - 1),
    }),
  },
  // One that cannot be read, or is odd, is so until somebody looks after it: else no rotation would come to its end.
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom("lock" as const, "unlock" as const, "unlock" as const, "repair" as const, "repair" as const),
      path: fc.constantFrom(...paths),
    }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant("rotate" as const) }) },
  // No time passes, so the key of what was given out is never destroyed again.
  { weight: 1, arbitrary: fc.record({ do: fc.constant("give out" as const), path: fc.constantFrom(...paths) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom("reencrypt" as const, "confirm" as const, "cancel" as const),
      paths: some,
    }),
  },
);

/** As the documentation has it, all at once: what others do meanwhile comes in between. */
const whole: fc.Arbitrary<Command[]> = fc.constantFrom(
  [{ do: "rotate" }, { do: "reencrypt", paths }, { do: "confirm", paths }],
  [{ do: "rotate" }, { do: "confirm", paths }],
  [{ do: "rotate" }, { do: "cancel", paths }],
);

/** What a process does, and at which of its steps it crashes, if at all, before or after the step has its effect. */
const work = fc.record({
  commands: fc.oneof(fc.array(command, { minLength: 1, maxLength: 6 }), whole),
  crash: fc.option(fc.record({ step: fc.nat(25), after: fc.boolean() })),
});

interface World {
  state: KeyringState | undefined;
  files: Map<string, Uint8Array>;
  alive: Set<string>;
  /** Files that nobody may read now. */
  locked: Set<string>;
}

const newWorld = (): World => ({ state: undefined, files: new Map(), alive: new Set(), locked: new Set() });

/** Keyring and files as a process sees them: every access is a step that others may come before, and the last one may be. */
function processIn(
  world: World,
  owner: string,
  crash: { step: number; after: boolean } | null,
  scheduler: fc.Scheduler,
  crashed: () => void,
): {
  options: OrganisationOptions;
  files: Files;
  write(path: string, content: Uint8Array): Promise<void>;
  setLocked(path: string, locked: boolean): Promise<void>;
} {
  let steps = 0;
  const never = new Promise<never>(() => {});
  const step = async <T>(name: string, effect: () => T): Promise<T> => {
    await scheduler.schedule(Promise.resolve(), `${owner}: ${name}`);
    if (!world.alive.has(owner)) return never;
    if (crash !== null && steps++ === crash.step) {
      if (crash.after) effect();
      world.alive.delete(owner);
      crashed();
      return never;
    }
    return effect();
  };
  const storage: KeyringStorage = {
    owner,
    read: () => step("read keyring", () => world.state),
    update: (change) =>
      step("update keyring", () => {
        world.state = change(world.state);
        return world.state;
      }),
    mayRun: (other) => step("look for a process", () => world.alive.has(other)),
  };
  return {
    options: { storage, protector: unprotected, actor: owner },
    files: {
      // As the command does it: by what stands in them, as bytes.
      async *list(wanted, texts) {
        for (const path of wanted) if (await step(`list ${path}`, () => mayHold(world, path, texts))) yield path;
      },
      read: (path) =>
        step(`read ${path}`, () => {
          allowed(world, path);
          return world.files.get(path);
        }),
      replace: (path, expected, content) =>
        step(`replace ${path}`, () => {
          allowed(world, path);
          if (Buffer.compare(world.files.get(path) ?? Buffer.alloc(0), expected) !== 0) return false;
          world.files.set(path, content);
          return true;
        }),
    },
    write: (path, content) => step(`write ${path}`, () => void world.files.set(path, content)),
    setLocked: (path, locked) =>
      step(`lock ${path}`, () => void (locked ? world.locked.add(path) : world.locked.delete(path))),
  };
}

function mayHold({ files, locked }: World, path: string, texts: readonly string[]): boolean {
  const content = files.get(path);
  return content !== undefined && (locked.has(path) || texts.some((text) => Buffer.from(content).includes(text)));
}

function allowed({ locked }: World, path: string): void {
  if (locked.has(path)) throw new Error("permission denied");
}

const format = "yaml";

/** Whose keys open contents that do not say it. */
const openers = new Map<string, string>();

const textOf = (content: Uint8Array) => Buffer.from(content).toString("latin1");

async function run(
  command: Command,
  { options, files, write, setLocked }: ReturnType<typeof processIn>,
): Promise<void> {
  switch (command.do) {
    case "encrypt":
      return writing(options, [command.path], async ({ current }) => {
        const { bytes } = await encrypt("secret: value\n", { format, recipients: [current.recipient] });
        await write(command.path, bytes);
      });
    case "save": {
      const { recipient } = (await show(options))!;
      const { text, bytes } = await encrypt("secret: value\n", { format, recipients: [recipient] });
      return saving(options, command.path, text, () => write(command.path, bytes));
    }
    case "give out": {
      const bytes = await givingOut(options, async ({ current }) => {
        return (await encrypt("secret: value\n", { format, recipients: [current.recipient] })).bytes;
      });
      return write(command.path, bytes);
    }
    case "make odd":
      return writing(options, [command.path], async ({ current }) => {
        const content = await oddFiles[command.odd]!.make(current.recipient, stranger.recipient);
        const bytes = typeof content === "string" ? Buffer.from(content) : content;
        openers.set(textOf(bytes), current.recipient);
        await write(command.path, bytes);
      });
    case "lock":
    case "unlock":
      return setLocked(command.path, command.do === "lock");
    case "repair": {
      // What its readers cannot be told of, a person decrypts and encrypts.
      const content = await files.read(command.path);
      if (content === undefined || !openers.has(textOf(content))) return;
      return writing(options, [command.path], async ({ current }) => {
        const { bytes } = await encrypt("secret: value\n", { format, recipients: [current.recipient] });
        await files.replace(command.path, content, bytes);
      });
    }
    case "edit": {
      const keys = await identities(options);
      const content = await files.read(command.path);
      if (content === undefined || openers.has(textOf(content))) return;
      const { text } = await decrypt(content, { format, identities: keys });
      return writing(options, [command.path], async ({ current }) => {
        const { bytes } = await encrypt(text, { format, recipients: [current.recipient] });
        await files.replace(command.path, content, bytes);
      });
    }
    case "rotate":
      return void (await rotate(options));
    case "reencrypt":
      return void (await reencrypt(options, files, command.paths));
    case "confirm":
      return void (await confirm(options, files, command.paths));
    case "cancel":
      return void (await cancel(options, files, command.paths));
  }
}

function formatOf(text: string): "yaml" | "json" | "dotenv" | "ini" {
  if (text.startsWith("{")) return "json";
  if (text.includes("sops_mac=")) return "dotenv";
  return /^\[sops\]$/m.test(text) ? "ini" : "yaml";
}

/** By the public keys alone, which takes no time. */
function expectReadable({ state, files }: World): void {
  const kept = [state!.current.recipient, state!.previous?.recipient];
  for (const [path, content] of files) {
    const opener = openers.get(textOf(content));
    const readers =
      opener === undefined
        ? Buffer.from(content)
            .toString()
            .match(/age1[0-9a-z]{50,}/g)!
        : [opener];
    if (!readers.some((reader) => kept.includes(reader))) {
      expect.unreachable(`no kept key opens ${JSON.stringify(path)}: ${textOf(content).slice(0, 2000)}`);
    }
  }
}

test(
  `${runs} runs`,
  async () => {
    const ended = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.array(work, { minLength: 1, maxLength: 3 }), async (scheduler, works) => {
        const world = newWorld();
        openers.clear();
        await initialize(optionsOf(world));
        let active = 0;
        let count = 0;
        const start = (commands: readonly Command[], crash: { step: number; after: boolean } | null): void => {
          if (commands.length === 0) return;
          active++;
          const owner = `process ${++count}`;
          world.alive.add(owner);
          let at = 0;
          const own = processIn(world, owner, crash, scheduler, () => {
            active--;
            ended.set("crash", (ended.get("crash") ?? 0) + 1);
            // Somebody tries again.
            start(commands.slice(at), null);
          });
          const go = async () => {
            for (; at < commands.length; at++) {
              const name = commands[at]!.do;
              try {
                await run(commands[at]!, own);
                ended.set(name, (ended.get(name) ?? 0) + 1);
              } catch (error) {
                const isExpected = error instanceof GitopsError || (error as Error).message === "permission denied";
                if (!isExpected && (error as { code?: string }).code !== "no_matching_identity") throw error;
              }
            }
          };
          go()
            .catch((error: unknown) => failures.push(error))
            .finally(() => {
              world.alive.delete(owner);
              active--;
            });
        };
        const failures: unknown[] = [];
        for (const { commands, crash } of works) start(commands, crash);
        while (active > 0) {
          if (scheduler.count() > 0) await scheduler.waitOne();
          // Between two steps a process may be computing.
          else await new Promise((resolve) => setImmediate(resolve));
          expectReadable(world);
        }
        if (failures.length > 0) throw failures[0];
        const kept = await identities(optionsOf(world));
        for (const content of world.files.values()) {
          if (openers.has(textOf(content))) continue;
          const format = formatOf(textOf(content));
          const { data } = await decrypt(content, { format, identities: kept });
          const plain = {
            yaml: { secret: "value" },
            json: { secret: "value" },
            dotenv: { SECRET: "value" },
            ini: { db: { secret: "value" } },
          };
          expect(data).toMatchObject(plain[format]);
        }
      }),
      { numRuns: runs },
    );
    // Every command has come to its end now and then.
    console.log(`rotation: ${[...ended].map(([name, times]) => `${times} x ${name}`).join(", ")}`);
    const all = ["encrypt", "edit", "save", "give out", "make odd", "lock", "unlock", "repair", "rotate", "reencrypt"];
    for (const name of [...all, "confirm", "cancel", "crash"]) {
      expect(ended.get(name)).toBeGreaterThan(0);
    }
  },
  60_000 + runs * 200,
);

test("a confirmation that another rotation of the same key comes before destroys nothing", async () => {
  const world = newWorld();
  const options = optionsOf(world);
  const files: Files = { async *list() {}, read: async () => undefined, replace: async () => false };
  const { recipient } = await initialize(options);
  await rotate(options);
  const meanwhile: Files = {
    ...files,
    async *list() {
      await cancel(options, files, []);
      await writing(options, ["a.yaml"], () => rotate(options));
    },
  };
  await expect(confirm(options, meanwhile, [])).rejects.toMatchObject({ code: "in_use" });
  expect(world.state!.previous!.recipient).toBe(recipient);
});

test("nothing is saved for a key that was destroyed, or is being replaced", async () => {
  const options = optionsOf(newWorld());
  const { recipient } = await initialize(options);
  const save = () => saving(options, "a.yaml", `for ${recipient}`, async () => "saved");
  expect(await save()).toBe("saved");
  await rotate(options);
  await expect(save()).rejects.toThrow("is being replaced");
  const none: Files = { async *list() {}, read: async () => undefined, replace: async () => false };
  // What was saved is not there.
  await expect(confirm(options, none, [])).rejects.toMatchObject({ code: "in_use", files: [{ path: "a.yaml" }] });
  await confirm(options, none, [], { except: ["a.yaml"] });
  await expect(save()).rejects.toMatchObject({ code: "outdated", message: expect.stringContaining("was destroyed") });
  expect(await saving(options, "a.yaml", "for nobody here", async () => "saved")).toBe("saved");
});

/** For what happens before and after all processes. */
function optionsOf(world: World): OrganisationOptions {
  const storage: KeyringStorage = {
    owner: "nobody else",
    read: async () => world.state,
    async update(change) {
      world.state = change(world.state);
      return world.state;
    },
    mayRun: async () => false,
  };
  return { storage, protector: unprotected, actor: "test" };
}
