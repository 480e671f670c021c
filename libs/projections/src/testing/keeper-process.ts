// A process to be killed: it keeps read models by the rules that it is told, in small batches, until somebody ends it.
import { Database, type DatabaseUrls, type Pool } from '#libs/platform';
import type { Projection } from '../following/projection.js';
import { keeperOf, projectionAs } from './keepers.js';

const BATCH = 60;

const { urls, rules } = JSON.parse(process.argv[2] ?? '') as { urls: DatabaseUrls; rules: string };

function projectionOn(pool: Pool): Projection {
  const projection = projectionAs({ rules }, pool);
  return {
    ...projection,
    open: async (place) => {
      const cell = await projection.open(place);
      return {
        fold: (page) => cell.fold(page.slice(0, BATCH)),
        leaveOut: (event, error) => cell.leaveOut(event, error),
        isAlone: (event) => cell.isAlone(event),
      };
    },
  };
}

keeperOf(new Database(urls), projectionOn).start();
process.stdout.write('keeping\n');
