// Loaded before a process of the service: its wall clock is off by what the file CHAOS_CLOCK says, in milliseconds, now.
import { readFileSync } from 'node:fs';

const file = process.env['CHAOS_CLOCK'] ?? '';
const now = Date.now;
let off = 0;

function look() {
  try {
    off = Number(readFileSync(file, 'utf8')) || 0;
  } catch {
    // There is no file as long as the clock is right.
  }
}
look();
setInterval(look, 50).unref();

Date.now = () => now() + off;
globalThis.Date = new Proxy(Date, {
  apply: () => new Date(now() + off).toString(),
  construct: (target, given, made) => Reflect.construct(target, given.length === 0 ? [now() + off] : given, made),
});
