/** Runs broken copies of the service, and looks whether each break is found. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { breaks, brokenCopy } from './broken.js';
import { campaign } from './campaign.js';

type Where = Readonly<{ seed: number; folder: string; tell: (line: string) => void }>;

/** What gave a break away; undefined where nothing did. */
export type Found = Readonly<{ name: string; by: string | undefined }>;

/** One campaign for each break. What was untrue stays in a folder of its name, the copy does not. */
export async function lookedFor(names: readonly string[], { seed, folder, tell }: Where): Promise<readonly Found[]> {
  const found: Found[] = [];
  for (const name of names) {
    const place = join(folder, name);
    mkdirSync(place, { recursive: true });
    const broken = breaks[name]!;
    const { only, deployment, faults, about, says } = broken;
    tell(`${name}: ${about}`);
    const service = brokenCopy(broken, place);
    const wanted = { seed, faults, only, everyMs: 1_500, deployments: { [deployment]: 1 }, mayMount: false };
    try {
      const outcome = await campaign({
        wanted,
        pace: { everyMs: 700, most: 30 },
        minutes: 30,
        folder: place,
        service,
        tell,
      });
      writeFileSync(join(place, 'outcome.json'), JSON.stringify(outcome, null, 1));
      found.push({ name, by: outcome.untruths.find((untruth) => says.test(untruth)) });
    } catch (error) {
      tell(`${name} did not come to its end: ${String(error)}`);
      found.push({ name, by: undefined });
    }
    rmSync(service, { recursive: true, force: true });
  }
  return found;
}
