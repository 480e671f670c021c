/** READY, STATUS and RESTARTS after every observation, cell by cell as the server's own Table had them. */
import type { Case, Judgement } from './case.js';

export function judgeCells({ told, printed }: Case): Judgement {
  let cells = 0;
  const untruths = told.looks.flatMap(({ uid, resourceVersion, via, cells: ours }) => {
    const theirs = via === 'restated' ? undefined : printed.get(resourceVersion);
    if (!theirs) return [];
    cells += 1;
    const same = ours.ready === theirs.ready && ours.status === theirs.status && ours.restarts === theirs.restarts;
    return same
      ? []
      : [`pod ${uid} rv ${resourceVersion}: told ${JSON.stringify(ours)}, printed ${JSON.stringify(theirs)}`];
  });
  return { untruths, compared: { rows: cells } };
}
