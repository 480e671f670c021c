import { expect, test } from 'vitest';
import { podAmounts } from './amounts.js';
import type { ContainerState, Role } from './pod-state.js';

const container = (role: Role, requests: Record<string, string>): ContainerState => ({
  spec: { resources: { requests } },
  name: role,
  role,
  probed: true,
  isServing: true,
  isStale: false,
  isRemoved: false,
});

const requestsOf = (inits: ContainerState[], apps: ContainerState[]): unknown =>
  podAmounts({ inits, apps }, 'requests');

test('a pod requests the most of what runs at once', () => {
  const sidecar = container('sidecar', { cpu: '100m', memory: '512Mi' });
  const apps = [container('app', { cpu: '200m' }), container('app', { cpu: '0.3', memory: '512Mi' })];

  expect(requestsOf([container('init', { cpu: '2' })], apps)).toEqual({ cpu: '2', memory: '512Mi' });
  expect(requestsOf([container('init', { cpu: '450m' })], apps)).toEqual({ cpu: '500m', memory: '512Mi' });
  expect(requestsOf([sidecar], apps)).toEqual({ cpu: '600m', memory: '1Gi' });
  expect(requestsOf([sidecar, container('init', { cpu: '900m' })], apps)).toEqual({ cpu: '1', memory: '1Gi' });
  expect(requestsOf([container('init', { cpu: '550m' }), sidecar], apps)).toEqual({ cpu: '600m', memory: '1Gi' });
});

test('what says nothing requests nothing', () => {
  expect(requestsOf([container('init', {})], [container('app', {})])).toEqual({});
});

test('sums are written with the greatest suffix that leaves them whole', () => {
  const both = (name: string, one: string, other: string): unknown =>
    requestsOf([], [container('app', { [name]: one }), container('app', { [name]: other })]);

  expect(both('cpu', '0.1', '0.2')).toEqual({ cpu: '300m' });
  expect(both('cpu', '1500', '500')).toEqual({ cpu: '2k' });
  expect(both('memory', '1Gi', '512Mi')).toEqual({ memory: '1536Mi' });
  expect(both('memory', '128974848', '1e3')).toEqual({ memory: '128975848' });
  expect(both('memory', '600M', '400M')).toEqual({ memory: '1G' });
});
