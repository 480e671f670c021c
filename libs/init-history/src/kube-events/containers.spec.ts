/** A row for each message of semantics 4.2 and 4.3 about images and containers, by the versions that write it. */
import { tells } from '../testing/event-texts.js';

tells('FailedToRetrieveImagePullSecret', [
  [
    '1.25+',
    'Unable to retrieve some image pull secrets (regcred, other); attempting to pull the image may not succeed.',
    { kind: 'pullSecretsMissing', names: ['regcred', 'other'] },
  ],
]);

tells('Pulling', [
  ['1.25+', 'Pulling image "i:1"', { kind: 'pulling', image: 'i:1' }],
  ['none', 'something else', null],
]);

const pulled = { kind: 'pulled', image: 'i:1', bytes: null, alreadyPresent: false, accessVerified: false } as const;
const present = { ...pulled, seconds: 0, withWaiting: null, alreadyPresent: true } as const;
tells('Pulled', [
  ['1.25', 'Successfully pulled image "i:1" in 1.234567891s', { ...pulled, seconds: 1.234567891, withWaiting: null }],
  [
    '1.26, 1.27',
    'Successfully pulled image "i:1" in 1.234567891s (1.3s including waiting)',
    { ...pulled, seconds: 1.234567891, withWaiting: 1.3 },
  ],
  [
    '1.28, 1.29',
    'Successfully pulled image "i:1" in 1.235s (1m1.3s including waiting)',
    { ...pulled, seconds: 1.235, withWaiting: 61.3 },
  ],
  [
    '1.30+ (recorded)',
    'Successfully pulled image "i:1" in 63ms (63ms including waiting). Image size: 123456 bytes.',
    { ...pulled, seconds: 0.063, withWaiting: 0.063, bytes: 123456 },
  ],
  ['1.25+ (recorded)', 'Container image "i:1" already present on machine', present],
  [
    '1.35+ (recorded)',
    'Container image "i:1" already present on machine and can be accessed by the pod',
    { ...present, accessVerified: true },
  ],
]);

tells('BackOff', [
  ['1.25+', 'Back-off pulling image "i:1"', { kind: 'pullBackOff', image: 'i:1' }],
  ['1.32+', 'Back-off pulling image "i:1": ErrImagePull: not found', { kind: 'pullBackOff', image: 'i:1' }],
  [
    '1.26+',
    'Back-off restarting failed container fetch in pod p_n(uid)',
    { kind: 'restartBackOff', container: 'fetch' },
  ],
  ['1.25', 'Back-off restarting failed container', { kind: 'restartBackOff', container: null }],
]);

const waits = { kind: 'containerFailed', reason: null, stage: null, missing: null } as const;
tells('Failed', [
  ['1.25+', 'Failed to pull image "i:1": not found', { kind: 'pullFailed', image: 'i:1' }],
  ['1.25+ (recorded)', 'Error: ErrImagePull', { ...waits, reason: 'ErrImagePull', stage: 'pull' }],
  ['1.25+ (recorded)', 'Error: ImagePullBackOff', { ...waits, reason: 'ImagePullBackOff', stage: 'pull' }],
  ['1.25+ (recorded)', 'Error: ErrImageNeverPull', { ...waits, reason: 'ErrImageNeverPull', stage: 'pull' }],
  ['1.25+ (recorded)', 'Error: InvalidImageName', { ...waits, reason: 'InvalidImageName', stage: 'pull' }],
  [
    '1.25+ (recorded)',
    'Error: configmap "settings" not found',
    { ...waits, stage: 'config', missing: { kind: 'ConfigMap', name: 'settings', key: null } },
  ],
  [
    '1.25+',
    'Error: secret "keys" not found',
    { ...waits, stage: 'config', missing: { kind: 'Secret', name: 'keys', key: null } },
  ],
  [
    '1.25+',
    "Error: couldn't find key url in ConfigMap shop/settings",
    { ...waits, stage: 'config', missing: { kind: 'ConfigMap', name: 'settings', key: 'url' } },
  ],
  [
    '1.25+ (recorded)',
    'Error: container has runAsNonRoot and image will run as root (pod: "p_n(u)", container: prepare)',
    { ...waits, stage: 'config' },
  ],
  [
    '1.25+ (recorded)',
    'Error: failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "/no": no such file or directory: unknown',
    { ...waits, stage: 'start' },
  ],
  ['1.25+', 'Error: context deadline exceeded', waits],
]);

tells('ErrImageNeverPull', [
  [
    '1.25+ (recorded)',
    'Container image "i:1" is not present with pull policy of Never',
    { kind: 'pullForbidden', image: 'i:1' },
  ],
]);
tells('InspectFailed', [
  [
    '1.25+ (recorded)',
    'Failed to apply default image tag "I::1": couldn\'t parse image name "I::1": invalid reference format',
    { kind: 'imageUnreadable', image: 'I::1' },
  ],
  ['1.25+', 'Failed to inspect image "i:1": rpc error', { kind: 'imageUnreadable', image: 'i:1' }],
]);

tells('Created', [
  ['1.25 to 1.28', 'Created container fetch', { kind: 'created', container: 'fetch' }],
  ['1.29 to 1.34 (recorded)', 'Created container: fetch', { kind: 'created', container: 'fetch' }],
  ['1.35+ (recorded)', 'Container created', { kind: 'created', container: null }],
]);
tells('Started', [
  ['1.25 to 1.34 (recorded)', 'Started container fetch', { kind: 'started', container: 'fetch' }],
  ['1.35+ (recorded)', 'Container started', { kind: 'started', container: null }],
]);

tells('FailedPostStartHook', [
  ['1.26+ (recorded)', 'PostStartHook failed', { kind: 'hookFailed', hook: 'postStart' }],
  ['1.25', "Exec lifecycle hook ([x]) for Container 'c' failed", { kind: 'hookFailed', hook: 'postStart' }],
]);
tells('FailedPreStopHook', [['1.26+', 'PreStopHook failed', { kind: 'hookFailed', hook: 'preStop' }]]);

tells('Unhealthy', [
  ['1.25+ (recorded)', 'Startup probe failed: ', { kind: 'probe', probe: 'startup', result: 'failed', output: '' }],
  [
    '1.25+',
    'Readiness probe failed: HTTP probe failed with statuscode: 503',
    { kind: 'probe', probe: 'readiness', result: 'failed', output: 'HTTP probe failed with statuscode: 503' },
  ],
  [
    '1.25 to 1.34',
    'Liveness probe errored: rpc error',
    { kind: 'probe', probe: 'liveness', result: 'errored', output: 'rpc error' },
  ],
  [
    '1.35+ (recorded)',
    'Startup probe errored and resulted in unknown state: rpc error',
    { kind: 'probe', probe: 'startup', result: 'errored', output: 'rpc error' },
  ],
]);
tells('ProbeWarning', [
  [
    '1.25+',
    'Liveness probe warning: Probe terminated redirects',
    { kind: 'probe', probe: 'liveness', result: 'warning', output: 'Probe terminated redirects' },
  ],
]);

tells('Killing', [
  ['1.25+ (recorded)', 'Stopping container fetch', { kind: 'killing', container: 'fetch', for: 'stopping' }],
  ['1.29+', 'Init container proxy failed startup probe', { kind: 'killing', container: 'proxy', for: 'startupProbe' }],
  [
    '1.29+',
    'Init container proxy failed liveness probe',
    { kind: 'killing', container: 'proxy', for: 'livenessProbe' },
  ],
  [
    '1.25+ (recorded)',
    'Container app failed liveness probe, will be restarted',
    { kind: 'killing', container: 'app', for: 'livenessProbe' },
  ],
  [
    '1.29+',
    'Init container proxy definition changed',
    { kind: 'killing', container: 'proxy', for: 'definitionChanged' },
  ],
  [
    '1.29+',
    'Init container is in "unknown" state, try killing it before restart',
    { kind: 'killing', container: null, for: 'unknownState' },
  ],
  ['1.35+', 'killing', { kind: 'killing', container: null, for: 'restartAllContainers' }],
  ['1.25+ (recorded)', 'FailedPostStartHook', { kind: 'killing', container: null, for: 'postStartHook' }],
  ['1.33+', 'Container app resize requires restart', { kind: 'killing', container: 'app', for: 'resize' }],
  ['none', 'for some other reason', { kind: 'killing', container: null, for: 'other' }],
]);

const json =
  '{"initContainers":[{"name":"work","resources":{"limits":{"cpu":"100m"},"requests":{"cpu":"10m"}}}],"containers":[{"name":"app"}],"generation":2}';
const containers = [
  { name: 'work', init: true, limits: { cpu: '100m' }, requests: { cpu: '10m' } },
  { name: 'app', init: false, limits: {}, requests: {} },
];
tells('ResizeStarted', [
  ['1.35+ (recorded)', `Pod resize started: ${json}`, { kind: 'resize', stage: 'started', containers }],
]);
tells('ResizeCompleted', [
  ['1.35+ (recorded)', `Pod resize completed: ${json}`, { kind: 'resize', stage: 'completed', containers }],
  ['cut', `Pod resize completed: ${json.slice(0, 60)}`, { kind: 'resize', stage: 'completed', containers: null }],
]);
tells('ResizeDeferred', [['1.35+', `Pod resize Deferred: ${json}`, { kind: 'resize', stage: 'deferred', containers }]]);
