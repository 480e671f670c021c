import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { Slice, cutRanges, shardHash } from '#libs/kubernetes';
import { at, clusters, ground, names, pod, type Contracted, type Ground } from './clusters.js';
import type { Json } from './client.js';

const partial = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json';
const table = 'application/json;as=Table;g=meta.k8s.io;v=v1,application/json';
const hex = (bound: bigint) => `0x${bound.toString(16).padStart(16, '0')}`;
const range = (from: bigint, to: bigint, field = 'namespace') =>
  `shardRange(object.metadata.${field}, '${hex(from)}', '${hex(to)}')`;
const end = 1n << 64n;
const half = end / 2n;

const query = (selector: string, more: Record<string, string> = {}) =>
  new URLSearchParams({ ...more, shardSelector: selector }).toString();
const namespacesOf = (list: Json) =>
  (list['items'] as Json[]).map((item) => String(at(item, 'metadata', 'namespace'))).toSorted();

/** Namespaces whose names differ in their last characters, each with a pod. */
function neighbours(here: Ground): readonly string[] {
  const stem = `contract-${randomBytes(3).toString('hex')}`;
  const all = ['00', '01', '02', '10', 'a', 'and-a-word'].map((last) => `${stem}-${last}`);
  beforeAll(async () => {
    for (const name of all) {
      await here.client.createNamespace(name);
      await here.client.create(`/api/v1/namespaces/${name}/pods`, pod('one'));
    }
  });
  afterAll(async () => {
    for (const name of all) await here.client.ask('DELETE', `/api/v1/namespaces/${name}`);
  });
  return all;
}

async function heeds({ client }: Ground): Promise<boolean> {
  const { body } = await client.get(`/api/v1/pods?${query(range(0n, end), { limit: '1' })}`);
  return at(body, 'metadata', 'shardInfo') !== undefined;
}

const withGate: readonly Contracted[] = clusters.map((each) => ({ ...each, gates: { shardedListAndWatch: true } }));

describe.each(withGate)('lists and watches of a part of $name, where the gate is on', (contracted) => {
  const here = ground(contracted);
  const all = neighbours(here);

  beforeEach(async ({ skip }) => {
    // A real cluster may have it off: then what follows is not to be seen there.
    if (!(await heeds(here))) skip('the gate ShardedListAndWatch is off');
  });

  const listed = (selector: string, more?: Record<string, string>) =>
    here.client.get(`/api/v1/pods?${query(selector, more)}`);

  it('hash the namespace as we do, to the last bit', async () => {
    for (const name of [...all, here.namespace]) {
      const hash = shardHash(name);
      const exactly = await listed(range(hash, hash + 1n));
      const around = await listed(`${range(0n, hash)} || ${range(hash + 1n, end)}`);

      expect(new Set(namespacesOf(exactly.body))).toEqual(new Set(name === here.namespace ? [] : [name]));
      expect(namespacesOf(around.body)).not.toContain(name);
      expect(namespacesOf(around.body).length).toBeGreaterThanOrEqual(all.length - 1);
    }
  });

  it('are of many ranges of one field, and exactly what a slice holds', async () => {
    const slices = [0, 1, 2].map((nth) => new Slice(nth, 3, cutRanges(all, 3)));
    const parts = await Promise.all(slices.map(({ selector }) => listed(selector?.text ?? '')));

    const own = parts.map(({ body }) => namespacesOf(body).filter((name) => all.includes(name)));
    expect(own).toEqual(slices.map((slice) => all.filter((name) => slice.has(name)).toSorted()));
    expect(parts.map(({ body }) => at(body, 'metadata', 'shardInfo', 'selector'))).toEqual(
      slices.map(({ selector }) => selector?.text),
    );
  });

  it('say the selector back in one form', async () => {
    const { body } = await listed(
      `  shardRange( object.metadata.uid,"${hex(0n)}", '${hex(half)}' )||${range(half, end, 'uid')}`,
    );

    expect(at(body, 'metadata', 'shardInfo')).toEqual({
      selector: `${range(0n, half, 'uid')} || ${range(half, end, 'uid')}`,
    });
  });

  it('do not say in other forms that they are a part', async () => {
    for (const accept of [partial, table]) {
      const hash = shardHash(all[0] ?? '');
      const { body } = await here.client.get(`/api/v1/pods?${query(range(hash, hash + 1n))}`, { accept });
      expect(body['items'] ?? body['rows']).toHaveLength(1);
      expect(at(body, 'metadata', 'shardInfo')).toBeUndefined();
    }
  });

  it('come in pages of which each says so, and count what they leave out as if it were to come', async () => {
    const fields = 'metadata.name=one';
    const first = await listed(range(0n, end), { limit: '1' });
    const everything = await here.client.get('/api/v1/pods');
    const token = String(at(first.body, 'metadata', 'continue'));
    const second = await listed(range(0n, end), { limit: '1', continue: token });
    const selected = await listed(range(0n, end), { limit: '1', fieldSelector: fields });

    expect(at(first.body, 'metadata', 'remainingItemCount')).toBe(names(everything.body).length - 1);
    expect(at(second.body, 'metadata', 'shardInfo')).toEqual({ selector: range(0n, end) });
    expect(at(selected.body, 'metadata', 'remainingItemCount')).toBeUndefined();
    const hash = shardHash(all[5] ?? '');
    const alone = await listed(range(hash, hash + 1n), { limit: '500' });
    expect(namespacesOf(alone.body)).toEqual([all[5]]);
    expect(at(alone.body, 'metadata', 'continue')).toBeUndefined();
  });

  it('hold all or nothing of what has no namespace', async () => {
    const hash = shardHash('');
    const inside = await here.client.get(`/api/v1/namespaces?${query(range(hash, hash + 1n))}`);
    const outside = await here.client.get(`/api/v1/namespaces?${query(range(0n, hash))}`);

    expect(names(inside.body)).toEqual(expect.arrayContaining([...all]));
    expect(names(outside.body)).toEqual([]);
  });

  it('tell of the part alone, with bookmarks that move beyond what others do', async () => {
    const [ours = '', others = ''] = all;
    const hash = shardHash(ours);
    const from = String(at((await listed(range(0n, 1n))).body, 'metadata', 'resourceVersion'));
    const opened = await here.client.watch(
      `/api/v1/pods?${query(range(hash, hash + 1n), { watch: '1', allowWatchBookmarks: 'true', resourceVersion: from, timeoutSeconds: '4' })}`,
    );
    onTestFinished(() => opened.close());
    for (const namespace of [others, ours, others])
      await here.client.patch(`/api/v1/namespaces/${namespace}/pods/one`, {
        metadata: { annotations: { at: randomBytes(4).toString('hex') } },
      });
    const last = await here.client.get(`/api/v1/namespaces/${others}/pods/one`);
    const frames = await opened.until(
      ({ type, object }) =>
        type === 'BOOKMARK' &&
        BigInt(String(object.metadata['resourceVersion'])) >=
          BigInt(String(at(last.body, 'metadata', 'resourceVersion'))),
    );

    const told = frames.filter(({ type }) => type !== 'BOOKMARK');
    expect(told.map(({ type, object }) => [type, object.metadata['namespace']])).toEqual([['MODIFIED', ours]]);
  });

  it('begin with the part alone, as a stream', async () => {
    const [ours = ''] = all;
    const hash = shardHash(ours);
    const opened = await here.client.watch(
      `/api/v1/pods?${query(range(hash, hash + 1n), { watch: '1', sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan', allowWatchBookmarks: 'true' })}`,
    );
    onTestFinished(() => opened.close());
    const frames = await opened.until(({ type }) => type === 'BOOKMARK');

    expect(frames.map(({ type, object }) => [type, object.metadata['namespace']])).toEqual([
      ['ADDED', ours],
      ['BOOKMARK', undefined],
    ]);
  });

  it('of Events are divided in a watch only where a field selects as well', async () => {
    const [ours = '', others = ''] = all;
    const hash = shardHash(ours);
    const from = String(at((await here.client.get('/api/v1/events?limit=1')).body, 'metadata', 'resourceVersion'));
    const watch = async (more: Record<string, string>) => {
      const parameters = { watch: '1', resourceVersion: from, timeoutSeconds: '3', ...more };
      const opened = await here.client.watch(`/api/v1/events?${query(range(hash, hash + 1n), parameters)}`);
      onTestFinished(() => opened.close());
      return opened;
    };
    const [plain, selected] = [await watch({}), await watch({ fieldSelector: 'involvedObject.kind=Pod' })];
    for (const namespace of [others, ours])
      await here.client.create(`/api/v1/namespaces/${namespace}/events`, {
        metadata: { name: `e-${randomBytes(4).toString('hex')}` },
        involvedObject: { kind: 'Pod', namespace, name: 'one', uid: 'u' },
        reason: 'Seen',
        message: 'seen',
        type: 'Normal',
      });
    const isOurs = ({ object }: { object: { metadata: Json } }) => object.metadata['namespace'] === ours;

    const told = await Promise.all([plain, selected].map((each) => each.until(isOurs)));
    expect(
      told.map((frames) =>
        frames.map(({ object }) => String(object.metadata['namespace'])).filter((name) => all.includes(name)),
      ),
    ).toEqual([[others, ours], [ours]]);
  });

  const fit = `'${hex(0n)}', '${hex(half)}'`;
  const refusals: Readonly<Record<string, string>> = {
    ' ': 'empty shard selector is not allowed; omit the parameter for unfiltered lists',
    x: 'unexpected expression kind 3; expected shardRange() call or || operator',
    [`labelRange(object.metadata.uid, ${fit})`]:
      'unsupported function "labelRange"; only shardRange() and || are allowed',
    [`shardRange(object.metadata.name, ${fit})`]:
      'unsupported field path "object.metadata.name"; supported: object.metadata.uid, object.metadata.namespace',
    [`${range(0n, 1n)} || ${range(1n, 2n, 'uid')}`]:
      'all shard ranges must use the same field, got "object.metadata.namespace" and "object.metadata.uid"',
    [range(5n, 5n)]: `shard range start ${hex(5n)} must be less than end ${hex(5n)}`,
    [`shardRange(object.metadata.uid, '0x0', '${hex(half)}')`]: `hexStart must be a 0x-prefixed 16-digit hex value, got "0x0" (did you mean "${hex(0n)}"?)`,
    [`shardRange(object.metadata.uid, '${hex(0n)}', 'ab')`]: `hexEnd must have '0x' prefix, got "ab"`,
    [`shardRange(object.metadata.uid, '${hex(0n)}', '0x')`]: "hexEnd: hex value is required after '0x'",
    [`shardRange(object.metadata.uid, '${hex(0n)}', '0x800000000000000X')`]:
      'hexEnd: invalid hex character "X" in "0x800000000000000X"',
    [`shardRange(object.metadata.uid, '${hex(0n)}', '0x20000000000000000')`]: `hexEnd: 17-digit hex value must be '0x10000000000000000' (2^64), got "0x20000000000000000"`,
    [`shardRange(object.metadata.uid, '${hex(0n)}', '0x100000000000000000')`]:
      'hexEnd: hex value too long (18 chars, max 17): "100000000000000000"',
  };
  it('refuse what is no selector as an error of their own', async () => {
    for (const [selector, message] of Object.entries(refusals))
      for (const more of [{}, { watch: '1', timeoutSeconds: '1' }]) {
        const { status, body } = await listed(selector, more);
        expect({ selector, status, body }).toEqual({
          selector,
          status: 500,
          body: {
            kind: 'Status',
            apiVersion: 'v1',
            metadata: {},
            status: 'Failure',
            message: `invalid shard selector: ${message}`,
            code: 500,
          },
        });
      }
    const broken = await listed('shardRange(object.metadata.uid');
    expect([broken.status, broken.body['message']]).toEqual([
      500,
      expect.stringMatching(/^invalid shard selector: CEL parse error: Syntax error/),
    ]);
  });
});

describe.each(clusters)('lists and watches of a part of $name, where the gate is off', (contracted) => {
  const here = ground(contracted);
  const all = neighbours(here);

  it('are of everything, whatever is asked, and do not say so', async ({ skip }) => {
    if (await heeds(here)) skip('the gate ShardedListAndWatch is on');
    for (const selector of [range(0n, 1n), 'nonsense']) {
      const { status, body } = await here.client.get(`/api/v1/pods?${query(selector)}`);

      expect(status).toBe(200);
      expect(namespacesOf(body)).toEqual(expect.arrayContaining([...all]));
      expect(at(body, 'metadata', 'shardInfo')).toBeUndefined();
    }
  });
});
