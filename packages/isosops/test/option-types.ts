/**
 * What the compiler says of options (`pnpm types`): each is taken with a right value and refused with a wrong one, and
 * options that exclude each other are refused together. Nothing here runs.
 */
import {
  type CreationRule,
  type DecryptOptions,
  decrypt,
  type Edit,
  type EditOptions,
  type EncryptOptions,
  type ExtractOptions,
  edit,
  encrypt,
  extract,
  findCreationRuleFor,
  type GetOptions,
  get,
  inspect,
  type KeyKind,
  type KeySource,
  type KeyWrapper,
  type OpenToEditOptions,
  openToEdit,
  type RepairOptions,
  type ReselectOptions,
  type SetOptions,
  type SourceOptions,
  set,
  type UnsetOptions,
  type UpdateRecipientsOptions,
  unset,
  updateRecipients,
  type VariablesOptions,
  type VerifyOptions,
} from "../dist/index.js";

/** The names of the options of all members of a union. */
type Names<Options> = Options extends unknown ? keyof Options : never;

/** The types that an option has in the members of a union. */
type Value<Options, Name> = Options extends unknown ? (Name extends keyof Options ? Options[Name] : never) : never;

/**
 * Takes a value of each option that is right, and one that is wrong. An option without a row does not compile, nor does a
 * wrong value that the option's type takes.
 */
declare function rows<Options>(): <const Given extends Table<Options>>(given: Checked<Options, Given>) => void;

type Table<Options> = Readonly<Record<Names<Options>, readonly [right: unknown, wrong: unknown]>>;

/** The rows themselves, if they are right; what is not becomes `never`. */
type Checked<Options, Given> = {
  readonly [Name in keyof Given]: Name extends Names<Options>
    ? Given[Name] extends readonly [infer Right, infer Wrong]
      ? [Right] extends [NonNullable<Value<Options, Name>>]
        ? [Wrong] extends [Value<Options, Name>]
          ? never
          : Given[Name]
        : never
      : never
    : never;
};

declare const kind: KeyKind;
declare const source: KeySource;
declare const wrapper: KeyWrapper;
declare const creationRule: CreationRule;
declare const signal: AbortSignal;
const text = "a: b\n";
const reference = { type: "kms", id: "arn" };

const sourceRows = { format: ["yaml", "yml"], filename: ["a.yaml", 5] } as const;
const outputRows = { outputFormat: ["json", "yml"], layout: ["sops", "pretty"], indent: [2, "2"] } as const;
const openingRows = {
  identities: [["AGE-SECRET-KEY-1"], "AGE-SECRET-KEY-1"],
  keySources: [[source], [wrapper]],
  kinds: [[kind], kind],
  decryptionOrder: [["age"], "age"],
  onRecovered: [() => {}, "x"],
  signal: [signal, new AbortController()],
} as const;
const ruleRow = ["x", /x/] as const;
const flag = [true, "yes"] as const;
const dataRows = { integers: ["bigint", "huge"], dates: ["string", "text"] } as const;
const pathRow = [["a", 0], 5] as const;
const verifyRow = ["value", "mac"] as const;

rows<SourceOptions>()(sourceRows);
rows<EncryptOptions>()({
  ...sourceRows,
  ...outputRows,
  recipients: [["age1"], "age1,age1"],
  keys: [[wrapper, "age1"], wrapper],
  keyGroups: [[["age1", wrapper]], ["age1"]],
  creationRule: [creationRule, { keyGroups: [] }],
  kinds: [[kind], [source]],
  shamirThreshold: [2, "2"],
  select: [["a"], "a"],
  allowExtra: flag,
  allowUnmatched: flag,
  unencryptedSuffix: ruleRow,
  encryptedSuffix: ruleRow,
  unencryptedRegex: ruleRow,
  encryptedRegex: ruleRow,
  unencryptedCommentRegex: ruleRow,
  encryptedCommentRegex: ruleRow,
  macOnlyEncrypted: flag,
  allowLoss: flag,
  signal: openingRows.signal,
});
rows<DecryptOptions>()({ ...sourceRows, ...outputRows, ...openingRows, ...dataRows, ignoreMac: flag });
const editRows = {
  ...sourceRows,
  ...outputRows,
  ...openingRows,
  ignoreMac: flag,
  idempotent: flag,
  allowLoss: flag,
} as const;
rows<EditOptions>()(editRows);
rows<UnsetOptions>()({ ...editRows, path: pathRow });
rows<SetOptions>()({ ...editRows, path: pathRow, value: [{ a: [1n, null] }, () => 1], json: ["1", 1] });
rows<Edit>()({ set: pathRow, unset: pathRow, value: ["x", Symbol("x")], json: ["1", 1] });
rows<GetOptions>()({
  ...sourceRows,
  ...openingRows,
  ...dataRows,
  path: pathRow,
  verify: verifyRow,
  ignoreMac: flag,
});
rows<ExtractOptions>()({
  ...sourceRows,
  ...openingRows,
  path: pathRow,
  verify: verifyRow,
  ignoreMac: flag,
  outputFormat: outputRows.outputFormat,
  indent: outputRows.indent,
});
rows<OpenToEditOptions>()({
  ...sourceRows,
  ...outputRows,
  ...openingRows,
  ignoreMac: flag,
  allowLoss: flag,
  showMasterKeys: flag,
});
rows<VariablesOptions>()({ ...sourceRows, ...openingRows, ignoreMac: flag, separator: ["_", 5] });
rows<RepairOptions>()({
  ...sourceRows,
  ...openingRows,
  findSealed: [async () => {}, "x"],
  accept: [() => true, true],
});
rows<ReselectOptions>()({
  ...sourceRows,
  ...openingRows,
  layout: outputRows.layout,
  indent: outputRows.indent,
  select: [["a"], "a"],
  deselect: [["a"], "a"],
  allowExtra: flag,
  allowUnmatched: flag,
  ignoreMac: flag,
  allowLoss: flag,
});
rows<UpdateRecipientsOptions>()({
  ...sourceRows,
  ...outputRows,
  ...openingRows,
  add: [["age1", reference, wrapper], "age1"],
  remove: [["age1", reference], [wrapper]],
  allowedRecipients: [["age1"], "age1"],
  keyGroups: [[["age1", reference, wrapper]], ["age1"]],
  shamirThreshold: [2, "2"],
  newDataKey: flag,
  ignoreMac: flag,
  allowLoss: flag,
});
rows<VerifyOptions>()({ ...sourceRows, creationRule: [creationRule, { keyGroups: [] }] });

// The tables can fail.
// @ts-expect-error A row is missing.
rows<SourceOptions>()({ format: ["yaml", 5] });
// @ts-expect-error The wrong value is right.
rows<SourceOptions>()({ format: ["yaml", "json"], filename: ["a", 5] });
// @ts-expect-error The right value is wrong.
rows<SourceOptions>()({ format: ["yaml", 5], filename: [5, 5] });

const yaml = { format: "yaml" } as const;
const opening = { ...yaml, identities: ["AGE-SECRET-KEY-1"] } as const;
const recipients = ["age1"];

export const texts: readonly Promise<string>[] = [
  decrypt(text, opening).then((plain) => plain.text),
  decrypt(text, { filename: "a.enc.yml", identities: recipients }).then((plain) => plain.text),
  decrypt(text, { filename: "a", format: "json", outputFormat: "yaml", identities: recipients }).then(
    (plain) => plain.text,
  ),
  // @ts-expect-error Bytes need not be text.
  decrypt(text, { format: "binary", identities: recipients }).then((plain) => plain.text),
  // @ts-expect-error Nor do those of another file.
  decrypt(text, { filename: "a.pem", identities: recipients }).then((plain) => plain.text),
  // @ts-expect-error Nor those of a file with any name.
  decrypt(text, { filename: text, identities: recipients }).then((plain) => plain.text),
  // @ts-expect-error The name does not count.
  decrypt(text, { filename: "a.yaml", format: "binary", identities: recipients }).then((plain) => plain.text),
  // @ts-expect-error Nor those of a single value.
  extract(text, { ...opening, path: ["a"] }).then((plain) => plain.text),
];

export const calls: readonly unknown[] = [
  encrypt(text, { filename: "a.yaml", recipients }),
  encrypt(text, { ...yaml, creationRule, kinds: [kind], select: ["a"] }),
  findCreationRuleFor("a.yaml", { readFile: () => undefined }).then((found) =>
    encrypt(text, { filename: "a.yaml", creationRule: found }),
  ),
  // @ts-expect-error Neither format nor name.
  encrypt(text, { recipients }),
  // @ts-expect-error Nobody to encrypt for.
  encrypt(text, yaml),
  // @ts-expect-error Two lists of keys.
  encrypt(text, { ...yaml, recipients, keys: recipients }),
  // @ts-expect-error Two lists of keys.
  encrypt(text, { ...yaml, recipients, keyGroups: [recipients] }),
  // @ts-expect-error The rule has keys.
  encrypt(text, { ...yaml, recipients, creationRule }),
  // @ts-expect-error A rule and a selection.
  encrypt(text, { ...yaml, recipients, select: ["a"], encryptedRegex: "a" }),
  // @ts-expect-error For a selection.
  encrypt(text, { ...yaml, recipients, allowExtra: true }),
  // @ts-expect-error Misspelt.
  encrypt(text, { ...yaml, recipients, encryptedRegexp: "a" }),
  // @ts-expect-error Neither format nor name.
  decrypt(text, { identities: recipients }),
  // @ts-expect-error Neither format nor name.
  inspect(text, {}),
  set(text, { ...opening, path: ["a"], value: 1 }),
  set(text, { ...opening, path: ["a"], json: "1" }),
  // @ts-expect-error No value.
  set(text, { ...opening, path: ["a"] }),
  // @ts-expect-error Two values.
  set(text, { ...opening, path: ["a"], value: 1, json: "1" }),
  // @ts-expect-error No path.
  unset(text, opening),
  // @ts-expect-error A value is for set.
  unset(text, { ...opening, path: ["a"], value: 1 }),
  edit(text, [{ set: ["a"], value: 1 }, { set: '["a"]', json: "1" }, { unset: ["b", 0] }], opening),
  // @ts-expect-error No value.
  edit(text, [{ set: ["a"] }], opening),
  // @ts-expect-error Both.
  edit(text, [{ set: ["a"], unset: ["b"], value: 1 }], opening),
  // @ts-expect-error A value is for set.
  edit(text, [{ unset: ["b"], value: 1 }], opening),
  // @ts-expect-error It returns no text.
  get(text, { ...opening, path: ["a"], outputFormat: "json" }),
  // @ts-expect-error It returns no data.
  extract(text, { ...opening, path: ["a"], integers: "string" }),
  // @ts-expect-error It is of a plain file.
  openToEdit(text, { ...opening, recipients }),
  updateRecipients(text, { ...opening, add: recipients, newDataKey: true, allowedRecipients: recipients }),
  updateRecipients(text, { ...opening, keyGroups: [recipients], newDataKey: true, layout: "sops" }),
  // @ts-expect-error A file can name any key.
  updateRecipients(text, { ...opening, add: recipients, newDataKey: true }),
  // @ts-expect-error All keys, and one more.
  updateRecipients(text, { ...opening, keyGroups: [recipients], add: recipients }),
  // @ts-expect-error The text stays.
  updateRecipients(text, { ...opening, add: recipients, layout: "sops" }),
];
