import { isDay } from "./scalars.js";

const time = /^(\d{4})-(\d\d)-(\d\d)T(\d\d?):(\d\d):(\d\d)(?:[.,]\d+)?(?:Z|([+-])(\d\d):(\d\d))$/;

const usualShape = "0000-00-00T00:00:00Z";

/** Whether a text is like the times that sops and this library write. Telling takes less time than compiling an expression. */
function isUsual(text: string): boolean {
  if (text.length !== usualShape.length) return false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (usualShape[i] === "0" ? code < 0x30 || code > 0x39 : text[i] !== usualShape[i]) return false;
  }
  const at = (start: number, end: number): number => Number(text.slice(start, end));
  return isDay(at(0, 4), at(5, 7), at(8, 10)) && at(11, 13) < 24 && at(14, 16) < 60 && at(17, 19) < 60;
}

/**
 * Normalizes `lastmodified` as sops does, because the MAC is bound to the result: Go's `time.Parse` and `Format` with
 * `time.RFC3339`, to the second. Returns undefined if Go cannot parse it.
 */
export function readLastModified(text: string): string | undefined {
  if (isUsual(text)) return text;
  const match = time.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, sign, offsetHours = "0", offsetMinutes = "0"] =
    match as unknown as string[];
  if (!isDay(Number(year), Number(month), Number(day))) return undefined;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  if (Number(offsetHours) > 24 || Number(offsetMinutes) > 60) return undefined;
  const offset = Number(offsetHours) * 60 + Number(offsetMinutes);
  const two = (number: number | string) => String(number).padStart(2, "0");
  const zone = offset === 0 ? "Z" : `${sign}${two(Math.floor(offset / 60))}:${two(offset % 60)}`;
  return `${year}-${month}-${day}T${two(hour!)}:${minute}:${second}${zone}`;
}
