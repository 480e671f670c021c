import { describe, expect, it } from 'vitest';
import { parseDuration, parseTime } from './times.js';

const now = Date.parse('2026-11-21T12:00:00Z');

describe('parseTime', () => {
  it.each([
    ['2026-11-21T10:00:00Z', '2026-11-21T10:00:00.000Z'],
    ['2026-11-21T10:00:00.123456Z', '2026-11-21T10:00:00.123Z'],
    ['2026-11-21T10:00:00+02:00', '2026-11-21T08:00:00.000Z'],
    [String(now), '2026-11-21T12:00:00.000Z'],
    ['now', '2026-11-21T12:00:00.000Z'],
    ['now-6h', '2026-11-21T06:00:00.000Z'],
    ['now+1h30m', '2026-11-21T13:30:00.000Z'],
  ])('reads %s', (text, expected) => {
    expect(new Date(parseTime(text, now) ?? Number.NaN).toISOString()).toBe(expected);
  });

  it.each([
    '',
    'yesterday',
    '2026-11-21',
    '2026-11-21T10:00:00',
    '2026-02-31T00:00:00Z',
    '2026-13-01T00:00:00Z',
    'now-',
    'now-6q',
    '12',
  ])('refuses %j', (text) => {
    expect(parseTime(text, now)).toBeUndefined();
  });
});

describe('parseDuration', () => {
  it.each([
    ['90s', 90],
    ['1h30m', 5_400],
    ['250ms', 0.25],
    ['2d', 172_800],
    ['15', 15],
    ['PT1H30M', 5_400],
    ['P1DT0.5S', 86_400.5],
  ])('reads %s', (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds);
  });

  it.each(['', 'P', 'PT', '1h30', '-5s', 'h', '1 h', 'five'])('refuses %j', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });
});
