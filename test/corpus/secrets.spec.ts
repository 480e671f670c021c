import { describe, expect, it } from 'vitest';
import { parseJson } from '#libs/kubernetes';
import {
  maskedObject,
  Masking,
  observe,
  podObserved,
  reduceEvent,
  reducePod,
  kubeEventObserved,
  type JsonObject,
} from '../../libs/recording/src/reducing/index.js';
import { frames, recordings } from '../recordings/reader.js';
import { CorpusRecorder } from './recording-of.js';

/** Each is somewhere in the pod below, and none may be in a stored byte. */
const secrets = {
  envLiteral: 'literal-of-an-app',
  initLiteral: 'literal of an init container',
  namedSecret: 'redis.shop',
  urlWithUser: 'postgres://me:pw-in-url@db:5432/app',
  flag: 'value-of-a-flag',
  nextWord: 'word-after-a-flag',
  probe: 'secret-of-a-probe',
  header: 'secret-of-a-header',
  hook: 'secret-of-a-hook',
  annotation: 'value-of-an-annotation',
  applied: 'value-in-last-applied',
  csi: 'attribute-of-a-driver',
  termination: 'AKIAIOSFODNN7EXAMPLE',
  waiting: 'user-in-registry',
  event: 'ghp_0123456789abcdefghijABCDEFGHIJ012345',
  condition: 'secret-of-a-condition',
  ephemeral: 'literal-of-a-debugger',
  credential: 'credential-spec-written-out',
  user: 'password-after-a-user',
  mysql: 'password-in-a-word',
  cut: 'password-where-a-message-is-cut',
};

const container = {
  args: ['mysql', '-u', `me:${secrets.user}`, `-p${secrets.mysql}`],
  command: ['run', `--password=${secrets.flag}`, '--token', secrets.nextWord],
  readinessProbe: {
    httpGet: { path: `/ready?token=${secrets.probe}`, port: 80, httpHeaders: [{ name: 'X', value: secrets.header }] },
  },
  lifecycle: { preStop: { exec: { command: ['sh', '-c', `curl -u me:${secrets.hook} http://api`] } } },
  securityContext: { windowsOptions: { gmsaCredentialSpec: secrets.credential } },
};

const pod = {
  metadata: {
    name: 'web',
    namespace: 'shop',
    uid: '00000000-0000-4000-8000-000000000001',
    resourceVersion: '7',
    annotations: {
      'example.com/note': secrets.annotation,
      'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify({ data: secrets.applied }),
    },
    managedFields: [{ manager: 'kubectl', operation: 'Apply', fieldsV1: { [`v:"${secrets.applied}"`]: {} } }],
  },
  spec: {
    initContainers: [
      {
        ...container,
        name: 'prepare',
        env: [
          { name: 'GREETING', value: secrets.initLiteral },
          { name: 'DB_PASSWORD', value: secrets.namedSecret },
          { name: 'DB_URL', value: secrets.urlWithUser },
          { name: 'DB_HOST', value: 'db.visible' },
          { name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'db-credentials', key: 'password' } } },
        ],
      },
    ],
    containers: [{ ...container, name: 'app', env: [{ name: 'HOST', value: secrets.envLiteral }] }],
    ephemeralContainers: [{ name: 'debugger', env: [{ name: 'HOST', value: secrets.ephemeral }] }],
    volumes: [{ name: 'data', csi: { driver: 'x', volumeAttributes: { key: secrets.csi } } }],
  },
  status: {
    conditions: [{ type: 'Custom', status: 'False', message: `password=${secrets.condition}` }],
    message: `${'x '.repeat(2_040)}password=${secrets.cut}`,
    initContainerStatuses: [
      {
        name: 'prepare',
        restartCount: 1,
        state: { waiting: { reason: 'X', message: `pulling https://me:${secrets.waiting}@registry/v2` } },
        lastState: { terminated: { exitCode: 1, message: `cannot use ${secrets.termination}` } },
      },
    ],
  },
};

const event = {
  metadata: { name: 'web.1', namespace: 'shop', uid: '00000000-0000-4000-8000-000000000002', resourceVersion: '8' },
  involvedObject: { kind: 'Pod', uid: pod.metadata.uid },
  message: `probe said: ${secrets.event}`,
};

describe.each(['masked', 'targets', 'none'] as const)('with commands %s', (commands) => {
  const masking = new Masking({ key: 'a key', commands });
  const source = { shardId: 1, watchEpoch: 1, via: 'watch', receivedAt: '2026-11-21T02:00:00.000Z' } as const;
  const reduced = reducePod(pod, masking);
  const told = reduceEvent(event, masking);
  const stored = [
    podObserved(source, reduced, observe(undefined, reduced) ?? expect.fail('nothing seen')),
    kubeEventObserved(
      source,
      told ?? expect.fail('no event'),
      observe(undefined, told ?? reduced) ?? expect.fail('nothing seen'),
    ),
  ]
    .map(({ body }) => body)
    .join('\n');

  it.each(Object.entries(secrets))('no stored byte holds the secret of kind %s', (_, secret) => {
    expect(stored).not.toContain(secret);
  });

  const recorded = [maskedObject('pods', pod, masking), maskedObject('events', event, masking)];

  it.each(Object.entries(secrets))('no byte of a recording holds the secret of kind %s', (_, secret) => {
    expect(recorded.join('\n')).not.toContain(secret);
  });

  it('a recording says again what is stored, whoever reads it', () => {
    const theirs = new Masking({ key: 'another key', commands });
    const [readPod, readEvent] = recorded.map((text) => parseJson(text ?? '') as JsonObject);

    expect(reducePod(readPod ?? {}, theirs).parts).toEqual(reduced.parts);
    expect(reduceEvent(readEvent ?? {}, theirs)?.parts).toEqual(told?.parts);
  });

  it.each(Array.from({ length: 32 }, (_, at) => at))('also where a message is cut %i characters into a mask', (at) => {
    const message = `${'x '.repeat(2_048 - 16)}${'y'.repeat(at)}password=${secrets.cut}`;
    const { parts } = reducePod({ ...pod, status: { message } }, masking);
    const text = maskedObject('pods', { ...pod, status: { message } }, masking) ?? '';

    expect(reducePod(parseJson(text) as JsonObject, masking).parts).toEqual(parts);
  });

  it('what is waited for, and the names of what is referred to, are there', () => {
    expect(stored).toContain('db.visible');
    expect(stored).toContain('"secretKeyRef":{"key":"password","name":"db-credentials"}');
    expect(stored).toContain('"name":"DB_PASSWORD"');
  });
});

it('no stored byte of the corpus holds the password that a scenario prints', () => {
  const told = recordings()
    .filter(({ scenario }) => scenario === 'termination-messages')
    .map((recording) => ({
      lines: frames(recording),
      bodies: new CorpusRecorder(true).record(frames(recording)).drafts,
    }));

  for (const { lines, bodies } of told) {
    const watched = JSON.stringify(lines);
    const printed = [...watched.matchAll(/postgres:\/\/[\w-]+:([^@\s]+)@/g)].flatMap(([, password]) => password ?? []);
    const [password = expect.fail('the scenario prints a password')] = printed;

    expect(bodies.map(({ body }) => body).join('\n')).not.toContain(password);
  }
  expect(told).toHaveLength(3);
});
