import { randomUUID } from 'node:crypto';

import type { NewEvent } from '#libs/event-store';

/** As large as an observation is on average: 670 bytes. */
export function observation(_: unknown, nth: number): NewEvent {
  const body = JSON.stringify({
    reducer: 1,
    via: 'watch',
    resourceVersion: String(1_000_000 + nth),
    receivedAt: new Date(1_795_000_000_000 + nth).toISOString(),
    writes: [{ manager: 'kubelet', operation: 'Update', subresource: 'status', time: '2026-11-18T11:06:40Z' }],
    parts: {
      'condition.Initialized': {
        type: 'Initialized',
        status: 'False',
        reason: 'ContainersNotInitialized',
        lastProbeTime: null,
      },
      'status.initContainer.migrate': {
        name: 'migrate',
        ready: false,
        restartCount: nth % 7,
        image: 'registry.example/migrate:1.2.3',
        imageID: `registry.example/migrate@sha256:${'ab12'.repeat(16)}`,
        containerID: `containerd://${randomUUID().replaceAll('-', '').repeat(2)}`,
      },
    },
  });
  return { streamId: randomUUID(), eventId: randomUUID(), type: 'PodObserved', schemaVersion: 1, body };
}
