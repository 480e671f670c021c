import { array, assert, constantFrom, nat, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SpecText } from '#libs/kubernetes';
import { RecentSpecs } from './recent-specs.js';

const fingerprintOf = (text: string) => new SpecText(text).fingerprint;

describe('the specs that were seen last', () => {
  it('never gives a spec another fingerprint than that of its text', () => {
    const frame = record({
      pod: nat(3),
      spec: constantFrom('{"a":1}', '{"a":2}', '{"b":1}'),
      isGone: constantFrom(false, true),
    });
    assert(
      property(array(frame), (frames) => {
        const specs = new RecentSpecs();
        for (const { pod, spec, isGone } of frames) {
          const text = new SpecText(spec);
          specs.compare(String(pod), text);
          expect(text.fingerprint).toBe(fingerprintOf(spec));
          if (isGone) specs.forget(String(pod));
        }
      }),
    );
  });

  it('knows as many as fit, those that were seen last, and no more', () => {
    const specs = new RecentSpecs();
    const size = 100_000;
    const specOf = (nth: number) => new SpecText(`{"nth":${nth}}`.padEnd(size));
    for (let nth = 0; nth < 400; nth += 1) {
      specs.compare(`pod ${nth}`, specOf(nth));
      specs.compare('pod 0', specOf(0));
    }

    expect(specs.chars).toBeLessThan(20_000_000);
    expect(specs.has('pod 0')).toBe(true);
    expect(specs.has('pod 399')).toBe(true);
    expect(specs.has('pod 1')).toBe(false);
  });

  it('forgets a pod that is no more', () => {
    const specs = new RecentSpecs();
    specs.compare('a pod', new SpecText('{}'));
    specs.forget('a pod');

    expect(specs.has('a pod')).toBe(false);
    expect(specs.chars).toBe(0);
  });

  it('keeps nothing of what was read of a spec', () => {
    const spec = new SpecText('{"a":1}');
    const read = spec.read();

    expect(spec.unread().read()).toEqual(read);
    expect(spec.unread().read()).not.toBe(read);
  });
});
