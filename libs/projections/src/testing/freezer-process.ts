// A process to be killed: it freezes what is to go, as a projector does, until somebody ends it.
import { ActWriters } from '#libs/event-store';
import { RULES } from '#libs/init-history';
import { Database, silentLogger, type DatabaseUrls } from '#libs/platform';
import { Freezer } from '../horizon/freezer.js';
import { podInitsName } from '../pod-inits/pod-inits.projection.js';

const pool = new Database(JSON.parse(process.argv[2] ?? '') as DatabaseUrls).projection;
new Freezer({
  pool,
  by: { name: podInitsName, rules: RULES },
  acts: new ActWriters({ pool }),
  logger: silentLogger,
}).start();
