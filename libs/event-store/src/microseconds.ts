/** RFC 3339 in UTC with six digits, from microseconds since 1970. */
export function toTimestampText(microseconds: number): string {
  const below = microseconds % 1_000;
  const [seconds] = new Date((microseconds - below) / 1_000).toISOString().split('Z');
  return `${seconds}${String(below).padStart(3, '0')}Z`;
}

/** Microseconds since 1970, by the system's clock. */
export function microsecondsNow(): number {
  return Date.now() * 1_000;
}
