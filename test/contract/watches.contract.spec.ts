import { describe, expect, it, onTestFinished } from 'vitest';
import type { Frame, Watch } from './client.js';
import { at, clusters, ground, pod } from './clusters.js';

const namesOf = (frames: readonly Frame[]) =>
  frames.map(({ type, object }) => `${type} ${String(object.metadata['name'])}`);
const positions = (frames: readonly Frame[]) =>
  frames.map(({ object }) => BigInt(String(object.metadata['resourceVersion'])));
const isAscending = (list: readonly bigint[]) =>
  list.every((one, index) => index === 0 || (list[index - 1] ?? 0n) < one);

describe.each(clusters)('watches of $name', (contracted) => {
  const here = ground(contracted);

  const position = async () => String(at((await here.client.get(here.pods)).body, 'metadata', 'resourceVersion'));

  async function watch(query: string, accept?: string): Promise<Watch> {
    const opened = await here.client.watch(`${here.pods}?watch=1&${query}`, accept === undefined ? {} : { accept });
    onTestFinished(() => opened.close());
    return opened;
  }

  it('tell every write after a position, in order', async () => {
    const from = await position();
    await here.client.create(here.pods, pod('one'));
    const opened = await watch(`resourceVersion=${from}`);
    await here.client.patch(`${here.pods}/one`, { metadata: { labels: { a: 'b' } } });
    await here.client.create(here.pods, pod('two'));
    await here.client.ask('DELETE', `${here.pods}/one`);
    const frames = await opened.until(({ type }) => type === 'DELETED');

    expect(namesOf(frames)).toEqual(['ADDED one', 'MODIFIED one', 'ADDED two', 'MODIFIED one', 'DELETED one']);
    expect(isAscending(positions(frames))).toBe(true);
    expect(frames[0]?.object).toMatchObject({ kind: 'Pod', apiVersion: 'v1' });
    expect(at(frames[1], 'object', 'metadata', 'labels')).toEqual({ a: 'b' });
    expect(at(frames[4], 'object', 'metadata', 'deletionGracePeriodSeconds')).toBe(0);
  });

  it('begin with what there is when no position is given', async () => {
    await here.client.create(here.pods, pod('present'));
    const opened = await watch('fieldSelector=metadata.name%3Dpresent');
    const frames = await opened.until(({ type }) => type === 'ADDED');

    expect(namesOf(frames)).toEqual(['ADDED present']);
  });

  it('tell of an object that a change brings into the selection as ADDED, and out of it as DELETED', async () => {
    await here.client.create(here.pods, pod('wanderer'));
    const opened = await watch(`labelSelector=in%3Dyes&resourceVersion=${await position()}`);
    await here.client.patch(`${here.pods}/wanderer`, { metadata: { labels: { in: 'yes' } } });
    await here.client.patch(`${here.pods}/wanderer`, { metadata: { annotations: { more: 'yes' } } });
    const left = await here.client.patch(`${here.pods}/wanderer`, { metadata: { labels: { in: 'no' } } });
    const frames = await opened.until(({ type }) => type === 'DELETED');

    expect(namesOf(frames)).toEqual(['ADDED wanderer', 'MODIFIED wanderer', 'DELETED wanderer']);
    expect(at(frames[2], 'object', 'metadata', 'labels')).toEqual({ in: 'yes' });
    expect(at(frames[2], 'object', 'metadata', 'resourceVersion')).toBe(at(left, 'metadata', 'resourceVersion'));
  });

  it('end when their time is over, without a word', async () => {
    const begun = Date.now();
    const opened = await watch(
      `timeoutSeconds=1&resourceVersion=${await position()}&fieldSelector=metadata.name%3Dnone`,
    );
    await opened.ended;

    expect(opened.frames).toEqual([]);
    expect(Date.now() - begun).toBeGreaterThan(900);
    expect(Date.now() - begun).toBeLessThan(5_000);
  });

  it('tell a position shortly before their end, where bookmarks are allowed', async () => {
    const from = await position();
    const opened = await watch(`timeoutSeconds=4&allowWatchBookmarks=true&resourceVersion=${from}`);
    const written = await here.client.create(here.pods, pod('between'));
    await opened.ended;

    const bookmarks = opened.frames.filter(({ type }) => type === 'BOOKMARK');
    expect(bookmarks.length).toBeGreaterThan(0);
    expect(bookmarks[0]?.object).toMatchObject({
      kind: 'Pod',
      apiVersion: 'v1',
      spec: { containers: null },
      status: {},
    });
    expect(Object.keys(bookmarks[0]?.object.metadata ?? {})).toEqual(['resourceVersion']);
    const told = BigInt(String(bookmarks.at(-1)?.object.metadata['resourceVersion']));
    expect(told).toBeGreaterThanOrEqual(BigInt(String(at(written, 'metadata', 'resourceVersion'))));
  });

  it('stream what there is and mark its end, when initial events are asked for', async () => {
    await here.client.create(here.pods, pod('initial'));
    const opened = await watch('sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true');
    const initial = [...(await opened.until(({ type }) => type === 'BOOKMARK'))];
    await here.client.create(here.pods, pod('afterwards'));
    const frames = await opened.until(({ object }) => object.metadata['name'] === 'afterwards');

    const mark = initial.at(-1);
    expect(namesOf(initial)).toContain('ADDED initial');
    expect(initial.slice(0, -1).every(({ type }) => type === 'ADDED')).toBe(true);
    expect(mark?.object.metadata).toMatchObject({ annotations: { 'k8s.io/initial-events-end': 'true' } });
    const [marked] = positions(mark ? [mark] : []);
    expect(positions(initial.slice(0, -1)).every((one) => one <= (marked ?? 0n))).toBe(true);
    expect(frames.at(-1)?.type).toBe('ADDED');
  });

  it.each([
    ['sendInitialEvents=true', 422, 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'],
    ['timeoutSeconds=x', 400, 'strconv.ParseInt: parsing "x": invalid syntax'],
    ['resourceVersion=x', 500, 'resourceVersion: Invalid value: "x": strconv.ParseUint: parsing "x": invalid syntax'],
    ['continue=3', 422, 'resourceVersionMatch is forbidden when continue is provided'],
    ['fieldSelector=foo%3Dbar', 400, 'field label not supported: foo'],
  ])('refuse %s', async (query, code, words) => {
    const { status, body } = await here.client.get(`${here.pods}?watch=1&${query}`);

    expect(status).toBe(code);
    expect(body).toMatchObject({ kind: 'Status', code, message: expect.stringContaining(words) });
  });

  it('can be of metadata alone', async () => {
    const opened = await watch(
      `resourceVersion=${await position()}`,
      'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
    );
    await here.client.create(here.pods, pod('partial'));
    const frames = await opened.until(({ type }) => type === 'ADDED');

    expect(frames[0]?.object).toMatchObject({
      kind: 'PartialObjectMetadata',
      apiVersion: 'meta.k8s.io/v1',
      metadata: { name: 'partial' },
    });
    expect(Object.keys(frames[0]?.object ?? {}).toSorted()).toEqual(['apiVersion', 'kind', 'metadata']);
  });

  it('can be tables, which describe their columns once', async () => {
    const opened = await watch(
      `resourceVersion=${await position()}&includeObject=None`,
      'application/json;as=Table;g=meta.k8s.io;v=v1',
    );
    await here.client.create(here.pods, pod('tabled'));
    const changed = await here.client.patch(`${here.pods}/tabled`, { metadata: { labels: { a: 'b' } } });
    const frames = await opened.until(({ type }) => type === 'MODIFIED');

    expect(frames.map(({ object }) => at(object, 'rows', 0, 'cells', 2))).toEqual(['Pending', 'Pending']);
    expect(frames.map(({ object }) => at(object, 'rows', 0, 'object'))).toEqual([null, null]);
    expect(frames.map(({ object }) => object['columnDefinitions'] === null)).toEqual([false, true]);
    expect(frames[1]?.object.metadata).toEqual({ resourceVersion: at(changed, 'metadata', 'resourceVersion') });
  });

  it('of Events send no bookmarks', async () => {
    const events = `/api/v1/namespaces/${here.namespace}/events`;
    const opened = await here.client.watch(
      `${events}?watch=1&allowWatchBookmarks=true&timeoutSeconds=4&resourceVersion=${await position()}`,
    );
    await opened.ended;

    expect(opened.frames).toEqual([]);
  });

  it('wait for a position that is yet to come', async () => {
    const opened = await watch('timeoutSeconds=1&resourceVersion=999999999999');
    await here.client.create(here.pods, pod('too-early'));
    await opened.ended;

    expect(opened.status).toBe(200);
    expect(opened.frames).toEqual([]);
  });
});
