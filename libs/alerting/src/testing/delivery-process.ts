// A process to be killed: it hands over what is due and delivers it to one webhook, until somebody ends it.
import { Database, HealthChecks, JobQueues, Metrics, silentLogger, type DatabaseUrls } from '#libs/platform';
import { Deliveries } from '../deliveries.js';
import { DeliveryDispatch } from '../delivery-dispatch.js';
import { webhook } from '../receivers.js';

/** Where its outbox, its queue and its receiver are. */
export type DeliveryTask = Readonly<{ urls: DatabaseUrls; redisUrl?: string | undefined; receiverUrl: string }>;

const { urls, redisUrl, receiverUrl } = JSON.parse(process.argv[2] ?? '') as DeliveryTask;
const database = new Database(urls);
const queues = new JobQueues({ databaseUrl: urls.projector, redisUrl });
const { projection: pool } = database;
const dispatch = new DeliveryDispatch({
  pool,
  queues,
  deliveries: new Deliveries(pool, [webhook(receiverUrl)], 'http://127.0.0.1:7411'),
  isRedis: redisUrl !== undefined,
  logger: silentLogger,
  metrics: new Metrics(),
  health: new HealthChecks(),
});
dispatch.onApplicationBootstrap();
process.stdout.write('delivering\n');
process.once('SIGTERM', () => {
  void (async () => {
    await dispatch.onApplicationShutdown();
    await queues.close();
    await database.close();
    process.exit(0);
  })();
});
