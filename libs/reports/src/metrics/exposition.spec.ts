import { describe, expect, it } from 'vitest';
import { expose, type Family } from './exposition.js';

const attempts: Family = {
  name: 'podinit_container_attempts',
  help: 'Attempts that ended',
  type: 'counter',
  samples: [{ suffix: '_total', labels: { namespace: 'a"b\\c\nd', outcome: 'failed' }, value: 3 }],
};

const durations: Family = {
  name: 'podinit_duration_seconds',
  help: 'How long',
  type: 'histogram',
  samples: [
    { suffix: '_bucket', labels: { le: '1' }, value: 1, exemplar: { traceId: 'ab12', value: 0.5, at: 1_500 } },
    { suffix: '_bucket', labels: { le: '+Inf' }, value: 2 },
  ],
};

describe('expose', () => {
  it('escapes label values and names a counter by its suffix in the text format', () => {
    expect(expose([attempts], 'text')).toBe(
      '# HELP podinit_container_attempts_total Attempts that ended\n# TYPE podinit_container_attempts_total counter\n' +
        'podinit_container_attempts_total{namespace="a\\"b\\\\c\\nd",outcome="failed"} 3\n',
    );
  });

  it('names a counter without its suffix in OpenMetrics', () => {
    expect(expose([attempts], 'openMetrics')).toContain('# TYPE podinit_container_attempts counter\n');
  });

  it('shows exemplars in OpenMetrics alone, because promtool refuses them in the text format', () => {
    expect(expose([durations], 'openMetrics')).toContain(
      'podinit_duration_seconds_bucket{le="1"} 1 # {trace_id="ab12"} 0.5 1.500\n',
    );
    expect(expose([durations], 'text')).toContain('podinit_duration_seconds_bucket{le="1"} 1\n');
  });
});
