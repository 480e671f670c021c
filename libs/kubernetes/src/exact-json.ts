/** An integer of sixteen or more digits outside of a string: JSON.parse would round it. Inside a string it costs only time. */
const wideInteger = /[:[,]\s*-?\d{16}/;

/**
 * Parses as JSON.parse does, except that an integer which a double cannot hold becomes a bigint.
 * int64 fields exist (tolerationSeconds, runAsUser), and a rounded one would be stored wrongly for ever.
 */
export function parseJson(text: string): unknown {
  return wideInteger.test(text) ? (JSON.parse(text, keepWide) as unknown) : (JSON.parse(text) as unknown);
}

function keepWide(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value) || context?.source === undefined) return value;
  return /^-?\d+$/.test(context.source) ? BigInt(context.source) : value;
}
