import { runCommand } from '#libs/platform';
import { readArgs, usage } from './args.js';
import { run } from './commands.js';

await runCommand({ usage, read: readArgs, run });
