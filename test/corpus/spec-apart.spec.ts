import { array, assert, constantFrom, nat, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
// By its path: how a line is read is the door's own affair.
import { readFrame } from '../../libs/kubernetes/src/frame.js';
import type { Frame } from '../../libs/kubernetes/src/frame.js';
import { specTextOf } from '#libs/kubernetes';
import { KnownParts, Masking, observe, podObserved, reducePod } from '../../libs/recording/src/reducing/index.js';
import { frames, recordings } from '../recordings/reader.js';

const source = { shardId: 1, watchEpoch: 0, via: 'watch', receivedAt: '2026-11-18T11:06:40.000Z' } as const;
const masking = new Masking({ key: 'a key for tests', commands: 'masked' });

/** What a recorder makes of lines that are read whole, or with their specs apart. */
class Reader {
  private readonly known = new KnownParts();
  unread = 0;

  constructor(private readonly isApart: boolean) {}

  /** Of whom each line tells, and its observation where something changed; the error's text where the line is no frame. */
  take(lines: readonly string[]): string[] {
    // As a watch does: a chunk of lines is read before any of them is observed.
    return lines
      .map((line) => this.read(line))
      .map((frame) => (typeof frame === 'string' ? frame : this.observe(frame)));
  }

  private read(line: string): Frame | string {
    const isReadSpec = (uid: string, fingerprint: string) => this.known.get(uid)?.spec === fingerprint;
    try {
      return readFrame(line, 'The watch', this.isApart ? isReadSpec : undefined);
    } catch (error) {
      return String(error);
    }
  }

  private observe({ type, object }: Frame): string {
    const { uid, resourceVersion } = object.metadata;
    return `${type} ${uid} ${resourceVersion}: ${this.change(object) ?? 'nothing'}`;
  }

  private change(object: Frame['object']): string | null {
    const reduced = reducePod(object, masking, (uid) => this.known.get(uid));
    if (reduced.carried) this.unread += 1;
    const change = observe(this.known.get(reduced.uid), reduced);
    if (!change) return null;
    this.known.set(reduced.uid, change.known);
    const { eventId, streamId, body } = podObserved(source, reduced, change);
    return `${eventId} ${streamId} ${String(change.probesOnly)} ${body}`;
  }
}

/** Lines of pods in the order in which they came. */
const recorded = recordings().map((recording) => ({
  name: `${recording.scenario} on ${recording.kubelet}`,
  lines: frames(recording).flatMap((line) => (line.resource === 'pods' && 'frame' in line ? [line.frame] : [])),
}));
const all = recorded.flatMap(({ lines }) => lines);

function both(chunks: readonly (readonly string[])[]): { whole: unknown[]; apart: unknown[]; unread: number } {
  const [wholeReader, apartReader] = [new Reader(false), new Reader(true)];
  const whole = chunks.flatMap((lines) => wholeReader.take(lines));
  const apart = chunks.flatMap((lines) => apartReader.take(lines));
  return { whole, apart, unread: apartReader.unread };
}

describe('reading a frame with its spec apart', () => {
  it.each(recorded)('gives the bytes that reading it whole gives: $name', ({ lines }) => {
    const { whole, apart } = both(lines.map((line) => [line]));

    expect(apart).toEqual(whole);
  });

  it('leaves most specs of the recordings unread', () => {
    expect(both(all.map((line) => [line])).unread).toBeGreaterThan(all.length / 2);
  });

  it('gives the same bytes however frames are cut into chunks, repeated, or put out of order', () => {
    const choice = array(array(nat(all.length - 1), { maxLength: 8 }), { maxLength: 8 });
    assert(
      property(choice, nat(all.length - 1), (picks, near) => {
        const chunks = picks.map((chunk) => chunk.map((at) => all[(near + (at % 12)) % all.length] ?? ''));
        const { whole, apart } = both(chunks);
        expect(apart).toEqual(whole);
      }),
      { numRuns: 150 },
    );
  });

  it('gives the same for lines that are damaged in any place', () => {
    const scraps = [
      '',
      '"',
      '{',
      '}',
      '},"spec":{',
      '},"status":{',
      ',"spec":{}',
      ',"status":{}',
      '\\',
      '[',
      ',',
      '\u0000',
      '1',
      ',"managedFields":[',
      ',"managedFields":[]',
      '"fieldsV1":{}',
      '"fieldsV1":{"a":1}',
      '{}',
      ',{}',
      '"subresource":"status"',
    ];
    const damage = record({ at: nat(), cut: nat(40), scrap: constantFrom(...scraps) });
    assert(
      property(nat(all.length - 1), damage, (nth, { at, cut, scrap }) => {
        const line = all[nth] ?? '';
        const place = at % line.length;
        const damaged = line.slice(0, place) + scrap + line.slice(place + cut);
        const { whole, apart } = both([[line], [damaged], [line, damaged, line]]);
        expect(apart).toEqual(whole);
      }),
      { numRuns: 1_000 },
    );
  });

  it('gives the same for managedFields that are damaged in any place', () => {
    const scraps = [
      '',
      '"',
      '{',
      '}',
      '},',
      ',',
      ':',
      ']',
      '[',
      '\\',
      '\\"',
      '\t',
      '1',
      'null',
      '{}',
      '"a":{}',
      '},"spec":{',
      '"time":"x"',
    ];
    const damage = record({ at: nat(), cut: nat(6), scrap: constantFrom(...scraps) });
    assert(
      property(nat(all.length - 1), damage, (nth, { at, cut, scrap }) => {
        const line = all[nth] ?? '';
        const [from, to] = [line.indexOf('"managedFields":['), line.indexOf('},"spec":{')];
        const place = from + (at % (to - from));
        const damaged = line.slice(0, place) + scrap + line.slice(place + cut);
        const { whole, apart } = both([[line], [damaged], [line, damaged, line]]);
        expect(apart).toEqual(whole);
      }),
      { numRuns: 2_000 },
    );
  });

  it('passes over what managedFields say of fields, in every frame of the recordings', () => {
    const entries = all.flatMap((line) => {
      const { object } = readFrame(line, 'The watch', () => false);
      const { managedFields = [] } = object.metadata as { managedFields?: readonly object[] };
      return managedFields;
    });

    expect(entries.length).toBeGreaterThan(all.length);
    expect(entries.filter((entry) => 'fieldsV1' in entry)).toEqual([]);
  });

  it('gives the same for objects that say spec and status in unusual places', () => {
    const [meta, spec, status] = [
      '"metadata":{"uid":"u","resourceVersion":"7"}',
      '"spec":{"nodeName":"n"}',
      '"status":{"phase":"Running"}',
    ];
    const fields = '{"f:status":{".":{},"k:{\\"type\\":\\"Ready\\"}":{},"f:x":{"f:y":{}}}}';
    const written = `"managedFields":[{"manager":"kubelet","operation":"Update","apiVersion":"v1","time":"2026-11-21T02:00:09Z","fieldsType":"FieldsV1","fieldsV1":${fields},"subresource":"status"}]`;
    const lines = [
      `{"type":"ADDED","object":{${meta},${spec},${status}}}`,
      `{"type":"MODIFIED","object":{${meta},${spec},${status},"spec":{"nodeName":"m"}}}`,
      `{"type":"MODIFIED","object":{${meta},"spec":{"nodeName":"m"},"x":{},${spec},${status}}}`,
      `{"type":"MODIFIED","object":{${meta},${spec},${status},"status":{"phase":"Failed"}}}`,
      `{"type":"MODIFIED","object":{${meta},"x":{"y":{},${spec},${status}}}}`,
      `{"type":"MODIFIED","object":{${status},${meta},${spec},${status}}}`,
      `{"type":"MODIFIED","object":{${meta},${spec},${status}},"object":{${meta}}}`,
      `{"object":{${meta},${spec},${status}},"type":"MODIFIED"}`,
      `{"type":"MODIFIED","object":{"metadata":{"uid":"u","resourceVersion":"8","x":{},${spec},${status}}}}`,
      `{"type":"MODIFIED","object":{${meta},${spec},"status":{"x":{},"y":{},${status}}}}`,
      `{"type":"MODIFIED","object":{${meta},"spec":{"x":1e999,"y":{}},${status}}}`,
      `{"type":"MODIFIED","object":{${meta},"spec":{"tolerations":[{"tolerationSeconds":9007199254740993}]},${status}}}`,
      `{"type":"ERROR","object":{${meta},${spec},${status}}}`,
      `{"type":"MODIFIED","object":{"metadata":{"uid":"u","resourceVersion":"7",${written}},${spec},${status}}}`,
      `{"type":"MODIFIED","object":{"metadata":{${written},"uid":"u","resourceVersion":"7",${written}},${spec},${status}}}`,
      `{"type":"MODIFIED","object":{"metadata":{"uid":"u",${written},"resourceVersion":"7"},${spec},${status}}}`,
      `{"type":"MODIFIED","object":{"metadata":{"uid":"u","resourceVersion":"7",${written},"labels":{"a":"b"}},${spec},${status}}}`,
      `{"type":"MODIFIED","object":{${meta},"x":{"y":1,${written}},${spec},${status}}}`,
      `{"type":"MODIFIED","object":{"metadata":{"uid":"u","resourceVersion":"7","x":{"y":1,${written}}},${spec},${status}}}`,
    ];
    const { whole, apart } = both(lines.flatMap((line) => [[lines[0] ?? ''], [line], [line]]));

    expect(apart).toEqual(whole);
  });

  it('gives the same for what stands before managedFields, damaged in any place', () => {
    const scraps = [
      '',
      '"',
      '{',
      '}',
      '},',
      ',"labels":{"a":"b"}',
      ',"resourceVersion":"7"',
      ',"resource\\u0056ersion":"7"',
      '"resourceVersion":"8",',
      ',"uid":"another"',
      ',"managedFields":[{"manager":"m","operation":"Update","time":"2026-11-21T02:00:09Z"}]',
      ',"metadata":{"uid":"u","resourceVersion":"9"}',
      ',"1":{"a":1}',
      '\\u0041',
      '7',
      'null',
    ];
    const damage = record({ at: nat(), cut: nat(12), scrap: constantFrom(...scraps) });
    assert(
      property(nat(all.length - 1), damage, damage, (nth, one, other) => {
        const line = all[nth] ?? '';
        const to = line.indexOf('"managedFields":[');
        const [damaged, again] = [one, other].map(({ at, cut, scrap }) => {
          const place = at % Math.max(to, 1);
          return line.slice(0, place) + scrap + line.slice(place + cut);
        });
        const lines = [line, damaged ?? '', line, again ?? '', damaged ?? '', again ?? '', line];
        const { whole, apart } = both(lines.map((each) => [each]));
        expect(apart).toEqual(whole);
      }),
      { numRuns: 500 },
    );
  });

  it('gives the same for metadata that says things twice, in other ways, or in another order', () => {
    const written =
      '"managedFields":[{"manager":"kubelet","operation":"Update","apiVersion":"v1","time":"2026-11-21T02:00:09Z","fieldsType":"FieldsV1","fieldsV1":{"f:a":{}}}]';
    const begun = (version: string) => `"name":"a","namespace":"b","uid":"u","resourceVersion":"${version}"`;
    const texts = ['', '{}', '\\u0000', '\\ud800', '}', '},\\"spec\\":{', 'é', '\\/'];
    const metadata = (version: string) => [
      begun(version),
      `${begun(version)},"resourceVersion":"3"`,
      `${begun(version)},"resourceVersion":""`,
      `${begun(version)},"resource\\u0056ersion":"3"`,
      `${begun(version)},"uid":"v"`,
      `${begun(version)},"name":"z","namespace":"y"`,
      `${begun(version)},${written}`,
      `${begun(version)},${written},${written}`,
      `${begun(version)},"managedFields":null,${written}`,
      `${begun(version)},"managed\\u0046ields":[{"manager":"m","operation":"Update"}],"labels":null`,
      `${begun(version)},${written},"labels":{"a":"b"}`,
      `${begun(version)},"deletionTimestamp":"2026-11-21T02:01:00Z","deletionGracePeriodSeconds":30`,
      `${begun(version)},"labels":{"resourceVersion":"3"},${written}`,
      `${begun(version)},"generation":12345678901234567890`,
      `${begun(version)},"generation":1e3,"labels":null`,
      `${begun(version)},"x":{"y":{${written}}}`,
      `${begun(version)}},"metadata":{${begun('5')}`,
      `${begun(version)}},"metadata":{${begun('')}`,
      `${begun(version)}},"kind":{"a":1`,
      `${begun(version)}},"kind":{"a":1,${written}`,
      `${begun(version)}},"1":{"a":1,${written}`,
      ...texts.map((text) => `${begun(version)},"labels":{"a":"${text}"},${written}`),
    ];
    // Each says another spec, and each version another phase: so all of them are observed, and with all writes that moved.
    const linesOf = (version: string, node = 'n') =>
      metadata(version).map((text, nth) => {
        const rest = `"spec":{"nodeName":"${node}${nth}"},"status":{"phase":"Running${version}"}`;
        return `{"type":"MODIFIED","object":{"kind":"Pod","apiVersion":"v1","metadata":{${text}},${rest}}}`;
      });
    const [first, second, third] = [linesOf('7'), linesOf('8'), linesOf('9', 'other')];
    const lines = first.flatMap((one, nth) => {
      const [two, three] = [second[nth] ?? '', third[nth] ?? ''];
      return [one, two, three, first[0] ?? '', two, one, three];
    });
    const { whole, apart } = both(lines.map((each) => [each]));

    expect(apart).toEqual(whole);
  });

  it('keeps the spec as text, and reads it when it is asked', () => {
    const frame = readFrame(all[0] ?? '', 'The watch', () => true);

    expect(frame.object['spec']).toBeUndefined();
    expect(specTextOf(frame.object)?.read()).toEqual(
      (JSON.parse(all[0] ?? '') as { object: { spec: unknown } }).object.spec,
    );
  });
});
