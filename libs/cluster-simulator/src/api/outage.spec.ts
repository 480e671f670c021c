import { expect, test } from 'vitest';
import { ManualClock } from './clock.js';
import { clockOfClient, Outage } from './outage.js';

function away() {
  const clock = new ManualClock();
  const outage = new Outage(clock);
  outage.begin('kill', { refusesForMs: 300, waitsForMs: 700 });
  return { clock, outage };
}

test('a server that is away refuses first, then lets wait, then answers those who waited in their order', () => {
  const { clock, outage } = away();
  const done: string[] = [];
  outage.whenAnswering(() => done.push('first'));
  outage.whenAnswering(() => done.push('second'));
  outage.listen({ onAnswer: () => done.push('told') });
  const met = [0, 299, 1, 699].map((ms) => {
    clock.advance(ms);
    return outage.reach;
  });
  expect(met).toEqual(['refuses', 'refuses', 'waits', 'waits']);
  expect(done).toEqual([]);
  clock.advance(1);
  expect(outage.reach).toBe('answers');
  expect(done).toEqual(['first', 'second', 'told']);
});

test('a server that goes again while it is away comes back after the later times alone', () => {
  const { clock, outage } = away();
  clock.advance(500);
  outage.begin('restart', { refusesForMs: 5000, waitsForMs: 1000 });
  clock.advance(5999);
  expect(outage.reach).toBe('waits');
  clock.advance(1);
  expect(outage.reach).toBe('answers');
});

test('an outage that is ended stays ended', () => {
  const { clock, outage } = away();
  const told: string[] = [];
  outage.listen({ onStart: () => told.push('start'), onAnswer: () => told.push('answer') });
  outage.end();
  clock.advance(10_000);
  expect(told).toEqual(['answer']);
});

test('what falls due to a client in an outage is done when it is over, unless it was called off', () => {
  const { clock, outage } = away();
  const client = clockOfClient(clock, outage);
  const done: string[] = [];
  const at = (what: string) => () => void done.push(`${what} at ${clock.now() - Date.UTC(2026, 0, 1)}`);
  client.after(100, at('early'));
  client.after(2000, at('late'));
  const callOff = client.after(200, at('never'));
  clock.advance(500);
  callOff();
  clock.advance(5000);
  expect(done).toEqual(['early at 1000', 'late at 2000']);
});
