// Loaded before a process of the service: every five seconds it writes its pid and how many bytes of its heap are in use into the file CHAOS_HEAP.
import { writeFileSync } from 'node:fs';

const file = process.env['CHAOS_HEAP'] ?? '';

function tell() {
  writeFileSync(file, `${process.pid} ${process.memoryUsage().heapUsed}`);
}
setInterval(tell, 5_000).unref();
