const rfc3339 = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})$/;
const relative = /^now(?:([+-])(.+))?$/;
const unitSeconds: Readonly<Record<string, number>> = { w: 604_800, d: 86_400, h: 3_600, m: 60, s: 1, ms: 0.001 };
const isoDuration = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;

/**
 * Reads a moment as people write it: RFC 3339, epoch milliseconds, `now`, `now-6h`.
 * @param now what `now` means, in epoch milliseconds
 * @returns epoch milliseconds, or undefined where the text is none of these
 */
export function parseTime(text: string, now: number): number | undefined {
  if (/^\d{11,14}$/.test(text)) return Number(text);
  if (rfc3339.test(text)) return validDate(text);

  const match = relative.exec(text);
  if (!match) return undefined;
  if (match[2] === undefined) return now;
  const seconds = parseDuration(match[2]);
  if (seconds === undefined) return undefined;
  return match[1] === '-' ? now - seconds * 1000 : now + seconds * 1000;
}

/** Reads a length of time as Go, Prometheus or ISO 8601 write it (`1h30m`, `90s`, `PT1H30M`), or plain seconds. In seconds. */
export function parseDuration(text: string): number | undefined {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  return parseUnits(text) ?? parseIso(text);
}

function parseUnits(text: string): number | undefined {
  if (!/^(\d+(?:\.\d+)?(?:ms|[wdhms]))+$/.test(text)) return undefined;
  let seconds = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|[wdhms])/g)) {
    seconds += Number(amount) * (unitSeconds[unit ?? ''] ?? 0);
  }
  return seconds;
}

function parseIso(text: string): number | undefined {
  const match = isoDuration.exec(text);
  if (!match || text === 'P' || text.endsWith('T')) return undefined;
  const [weeks, days, hours, minutes, seconds] = match.slice(1).map((part) => Number(part ?? 0));
  return (weeks ?? 0) * 604_800 + (days ?? 0) * 86_400 + (hours ?? 0) * 3_600 + (minutes ?? 0) * 60 + (seconds ?? 0);
}

/** `Date.parse` accepts the 31st of February; this does not. */
function validDate(text: string): number | undefined {
  const time = Date.parse(text.toUpperCase());
  const day = Number(text.slice(8, 10));
  const lastOfMonth = new Date(Date.UTC(Number(text.slice(0, 4)), Number(text.slice(5, 7)), 0)).getUTCDate();
  return Number.isNaN(time) || day > lastOfMonth ? undefined : time;
}

/** RFC 3339 in UTC, with milliseconds. */
export const toTime = (epochMs: number): string => new Date(epochMs).toISOString();
