import { describe, expect, it } from 'vitest';
import type { NewEvent } from '#libs/event-store';
import { KubernetesError } from '#libs/kubernetes';
import type { KubernetesObject } from '#libs/kubernetes';
import { Appender } from './appender.js';
import { NamespaceLook } from './namespace-look.js';
import { watchedNamespaces } from './others.js';
import { KnownParts, Masking } from './reducing/index.js';
import { uidOf } from './testing/index.js';

/** Looks at a namespace once for each answer, and tells what was recorded of it. */
async function looks(...answers: (KubernetesObject | KubernetesError)[]) {
  const recorded: NewEvent[] = [];
  const append = (events: readonly NewEvent[]) => {
    recorded.push(...events);
    return Promise.resolve({ first: 0, next: recorded.length, recordedAt: '' });
  };
  const appender = new Appender({ append });
  const get = () => {
    const answer = answers.shift();
    return answer instanceof KubernetesError ? Promise.reject(answer) : Promise.resolve(answer as KubernetesObject);
  };
  const look = new NamespaceLook({
    cluster: { get, clock: { now: () => Date.now() } },
    name: 'shop',
    watched: watchedNamespaces(new Masking({ key: 'key', commands: 'none' }), new KnownParts()),
    appender,
    shard: { id: 1, epoch: () => 0, raiseEpochAbove: () => Promise.resolve(false) },
  });
  while (answers.length > 0) await look.look();
  await appender.flush();
  return {
    status: look.status,
    recorded: recorded.map(({ streamId, body }) => [streamId, (JSON.parse(body) as { gone: boolean }).gone]),
  };
}

const shop = (uid: string) => ({ metadata: { name: 'shop', uid, resourceVersion: '1' } });

describe('NamespaceLook', () => {
  it('records a namespace once', async () => {
    expect((await looks(shop(uidOf('shop')), shop(uidOf('shop')))).recorded).toEqual([[uidOf('shop'), false]]);
  });

  it('tells a namespace that was deleted and made anew from the old one', async () => {
    expect((await looks(shop(uidOf('old')), shop(uidOf('new')))).recorded).toEqual([
      [uidOf('old'), false],
      [uidOf('old'), true],
      [uidOf('new'), false],
    ]);
  });

  it('records that it is no more, once', async () => {
    const gone = new KubernetesError('notFound', 'there is no namespace shop');

    expect((await looks(shop(uidOf('shop')), gone, new KubernetesError('notFound', 'still'))).recorded).toEqual([
      [uidOf('shop'), false],
      [uidOf('shop'), true],
    ]);
  });

  it('says that it is refused', async () => {
    expect((await looks(new KubernetesError('forbidden', 'no right'))).status).toMatchObject({
      state: 'refused',
      error: 'no right',
    });
  });
});
