import { isList, isObject, isText } from "../options.js";

export function isReference(value: unknown): boolean {
  if (!isObject(value) || !isText(value.type) || !isText(value.id)) return false;
  const { context = {}, awsProfile = "" } = value;
  return isText(awsProfile) && isObject(context) && Object.values(context).every(isText);
}

function isCreationRule(value: unknown): boolean {
  return (
    isObject(value) &&
    isList(value.keyGroups, (group) => isList(group, isReference)) &&
    Object.entries(value).every(([name, item]) => !/(?:Suffix|Regex)$/.test(name) || item === undefined || isText(item))
  );
}

export const isRuleOfConfig: readonly [isRight: (value: unknown) => boolean, mustBe: string] = [
  isCreationRule,
  "a rule of a configuration, as `findCreationRule` gives it",
];
