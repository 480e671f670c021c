import { app, container, pod, type Manifest, type Scenario } from './scenario.js';

const seats = { 'example.com/seat': 1 };
const seated = { ...app, resources: { limits: seats, requests: seats } };

const important: Manifest = {
  apiVersion: 'scheduling.k8s.io/v1',
  kind: 'PriorityClass',
  metadata: { name: 'important' },
  value: 1000,
};

/** Pods that have to make room for others. */
export const preempted: readonly Scenario[] = [
  {
    name: 'preempted',
    about:
      'A pod waits until its node has what it asks for, and must give it up, while it initializes, to one that is more important.',
    lasts: 40,
    begin: [important],
    later: [
      { at: 0.1, extendNode: { 'example.com/seat': '1' } },
      {
        // Late in a second: the owners of its fields are told in the order of their seconds.
        at: 1.875,
        apply: pod('victim', {
          terminationGracePeriodSeconds: 2,
          initContainers: [container('wait', 'sleep 600; true')],
          containers: [seated],
        }),
      },
      { at: 3.8, labelNodes: { bench: 'ash' } },
      { at: 3.9, labelNodes: { bench: null } },
      {
        at: 18,
        apply: pod('preemptor', {
          terminationGracePeriodSeconds: 1,
          priorityClassName: 'important',
          initContainers: [container('prepare', ['sleep', '1'])],
          containers: [seated],
        }),
      },
    ],
  },
];
