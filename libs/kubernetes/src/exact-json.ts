/** An integer of sixteen or more digits, which JSON.parse may round. Inside of a string it costs only time. */
const wideInteger = /[:[,]\s*-?\d{16}/;

/** Parses JSON, except that an integer which a double cannot hold becomes a bigint: the API has int64 fields. */
export function parseJson(text: string): unknown {
  return wideInteger.test(text) ? (JSON.parse(text, keepWide) as unknown) : (JSON.parse(text) as unknown);
}

function keepWide(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value) || context?.source === undefined) return value;
  return /^-?\d+$/.test(context.source) ? BigInt(context.source) : value;
}
