import { parseArgs } from 'node:util';

import { benchAppend } from './append.bench.js';
import { benchArchive } from './archive.bench.js';
import { benchList } from './list.bench.js';
import { benchProof } from './proof.bench.js';
import { benchRebuild } from './rebuild.bench.js';
import { benchRecord } from './record.bench.js';
import { benchReports } from './reports.bench.js';
import { benchSlices } from './slices.bench.js';
import { benchStorage } from './storage.bench.js';
import { benchVisible } from './visible.bench.js';

// npm run bench [-- --only append,record,slices,list,rebuild,proof,storage,archive,reports,visible] [--pods 2000] [--rounds 3] [--listed 150000] [--observations 50000] [--attempts 10000000] [--sealed 1000000] [--archived 200000] [--rate 1000] [--seconds 20] [--emmett FOLDER]
const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'append,record,slices,list,rebuild,proof,storage,archive,reports,visible' },
    pods: { type: 'string', default: '1500' },
    rounds: { type: 'string', default: '3' },
    listed: { type: 'string', default: '20000' },
    observations: { type: 'string', default: '50000' },
    attempts: { type: 'string', default: '1000000' },
    sealed: { type: 'string', default: '200000' },
    archived: { type: 'string', default: '50000' },
    rate: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '20' },
    emmett: { type: 'string' },
  },
});

const rounds = Number(values.rounds);
const benches: Readonly<Record<string, () => Promise<void>>> = {
  append: () => benchAppend({ rounds, emmett: values.emmett }),
  record: () => benchRecord({ pods: Number(values.pods), rounds }),
  slices: () => benchSlices({ pods: Number(values.pods), rounds }),
  list: () => benchList({ pods: Number(values.listed) }),
  rebuild: () => benchRebuild({ observations: Number(values.observations) }),
  proof: () => benchProof({ events: Number(values.sealed) }),
  storage: () => benchStorage(),
  archive: () => benchArchive({ events: Number(values.archived) }),
  reports: () => benchReports({ attempts: Number(values.attempts), days: 30, namespaces: 50, workloads: 1_000 }),
  visible: () => benchVisible({ perSecond: Number(values.rate), seconds: Number(values.seconds) }),
};
for (const name of values.only.split(',')) {
  const bench = benches[name];
  if (!bench) throw new Error(`There is no bench ${name}: ${Object.keys(benches).join(', ')}`);
  await bench();
}
