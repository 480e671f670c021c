import { app, busybox, container, deployment, pod, service, type Scenario } from './scenario.js';

/** The pods of the tutorials that this product began with. */
export const tutorials: readonly Scenario[] = [
  {
    name: 'nginx-page',
    about: 'The pod of the Kubernetes tutorial: an init container writes the page that nginx serves.',
    nodeImages: { '1.33': [] },
    lasts: 40,
    begin: [
      pod('init-demo', {
        initContainers: [
          container('install', 'sleep 2; echo "<h1>Hello from an init container</h1>" > /work-dir/index.html', {
            volumeMounts: [{ name: 'workdir', mountPath: '/work-dir' }],
          }),
        ],
        containers: [
          {
            name: 'nginx',
            image: '127.0.0.1:5000/nginx:1.27',
            ports: [{ containerPort: 80 }],
            volumeMounts: [{ name: 'workdir', mountPath: '/usr/share/nginx/html' }],
          },
        ],
        dnsPolicy: 'Default',
        volumes: [{ name: 'workdir', emptyDir: {} }],
      }),
    ],
  },
  {
    name: 'wait-for-services',
    about: 'Two init containers wait until their services have a name: one comes after 20 s, one after 40 s.',
    coursesOf: { '1.34': {}, '1.33': { 'myapp-pod': { containers: { 'init-mydb': { startsHushed: [0] } } } } },
    lasts: 60,
    begin: [
      pod(
        'myapp-pod',
        {
          terminationGracePeriodSeconds: 1,
          initContainers: ['myservice', 'mydb'].map((name) =>
            container(
              `init-${name}`,
              `until nslookup ${name}.$(cat /var/run/secrets/kubernetes.io/serviceaccount/namespace).svc.cluster.local; do echo waiting for ${name}; sleep 2; done`,
            ),
          ),
          containers: [container('myapp-container', 'echo The app is running! && sleep 3600')],
        },
        { labels: { 'app.kubernetes.io/name': 'MyApp' } },
      ),
    ],
    later: [
      { at: 20, create: service('myservice', 80) },
      { at: 40, create: service('mydb', 80) },
    ],
    courses: { 'myapp-pod': { sandboxHushed: [1] } },
  },
  {
    name: 'three-in-order',
    about: 'Three init containers, one after the other: 1 s, 4 s, 2 s.',
    lasts: 30,
    begin: [
      pod('ordered', {
        terminationGracePeriodSeconds: 1,
        initContainers: [
          container('one', ['sleep', '1']),
          container('two', ['sleep', '4']),
          container('three', ['sleep', '2']),
        ],
        containers: [app],
      }),
    ],
  },
  {
    name: 'await-redis',
    about:
      'A Deployment waits for redis, which is created later. Then its pod is deleted: the new one waits, shortly, again.',
    lasts: 90,
    begin: [
      deployment('app-tier', 1, {
        initContainers: [
          container(
            'await-redis',
            'until nc -w 1 redis.await-redis.svc.cluster.local 6379 </dev/null; do echo waiting for redis; sleep 2; done',
          ),
        ],
        containers: [app],
      }),
    ],
    later: [
      {
        at: 20,
        apply: deployment('redis', 1, {
          containers: [{ name: 'redis', image: '127.0.0.1:5000/redis:7', ports: [{ containerPort: 6379 }] }],
        }),
      },
      { at: 20, apply: service('redis', 6379) },
      { at: 60, deletePods: { app: 'app-tier' } },
    ],
  },
  {
    name: 'never-fails',
    about: 'restartPolicy Never: one failing init container and the whole pod has failed.',
    lasts: 20,
    begin: [
      pod('one-shot', {
        restartPolicy: 'Never',
        initContainers: [container('check', 'sleep 1; exit 1'), container('later', ['true'])],
        containers: [app],
      }),
    ],
  },
  {
    name: 'on-failure-retries',
    about:
      'restartPolicy OnFailure: the init container fails three times and then succeeds; the pod runs and completes.',
    coursesOf: { '1.34': {}, '1.33': {} },
    lasts: 80,
    begin: [
      pod('persistent', {
        restartPolicy: 'OnFailure',
        initContainers: [
          container('retry', 'sleep 1; echo x >> /state/tries; [ $(wc -l < /state/tries) -gt 3 ]', {
            volumeMounts: [{ name: 'state', mountPath: '/state' }],
          }),
        ],
        containers: [{ name: 'app', image: busybox, command: ['sleep', '3'] }],
        volumes: [{ name: 'state', emptyDir: {} }],
      }),
    ],
    courses: { persistent: { containers: { retry: { hushedBefore: [2] } } } },
  },
  {
    name: 'no-init',
    about:
      'Without init containers: the reason for waiting is ContainerCreating, and Initialized is True from the start.',
    lasts: 20,
    begin: [pod('plain', { terminationGracePeriodSeconds: 1, containers: [app] })],
  },
];
