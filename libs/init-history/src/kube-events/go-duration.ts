const units: Readonly<Record<string, number>> = {
  h: 3600,
  m: 60,
  s: 1,
  ms: 1e-3,
  us: 1e-6,
  µs: 1e-6,
  μs: 1e-6,
  ns: 1e-9,
};

/** Seconds of a Go duration as Go prints it: `850ms`, `12.5s`, `1m2.345s`, `1h0m3s`, `0s`. Null for other text. */
export function goSeconds(duration: string): number | null {
  if (!/^(\d+(\.\d+)?(h|ms|m|s|us|µs|μs|ns))+$/.test(duration)) return null;
  let seconds = 0;
  for (const [, amount, unit] of duration.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s|us|µs|μs|ns)/g)) {
    seconds += Number(amount) * (units[unit ?? 's'] ?? 0);
  }
  return Math.round(seconds * 1e9) / 1e9;
}
