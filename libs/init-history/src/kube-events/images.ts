/** Events about images (`k/k@1.25..1.36:pkg/kubelet/images/image_manager.go`; semantics 4.3). */
import { goSeconds } from './go-duration.js';
import type { ParsedEvent } from './parsed-event.js';

const pulledPattern =
  /^Successfully pulled image "(.*)" in (\S+)(?: \((\S+) including waiting\))?(?:\.? Image size: (\d+) bytes\.)?\.?$/;
const presentPattern = /^Container image "(.*)" already present on machine( and can be accessed by the pod)?$/;

export function pulled(message: string): ParsedEvent | null {
  const done = pulledPattern.exec(message);
  if (done) {
    return {
      kind: 'pulled',
      image: done[1] ?? '',
      seconds: goSeconds(done[2] ?? ''),
      withWaiting: done[3] === undefined ? null : goSeconds(done[3]),
      bytes: done[4] === undefined ? null : Number(done[4]),
      alreadyPresent: false,
      accessVerified: false,
    };
  }
  const present = presentPattern.exec(message);
  if (!present) return null;
  return {
    kind: 'pulled',
    image: present[1] ?? '',
    seconds: 0,
    withWaiting: null,
    bytes: null,
    alreadyPresent: true,
    accessVerified: present[2] !== undefined,
  };
}

export function pulling(message: string): ParsedEvent | null {
  const image = /^Pulling image "(.*)"$/.exec(message)?.[1];
  return image === undefined ? null : { kind: 'pulling', image };
}

/** Back-off of a pull, which since 1.32 ends with the error before it. */
export function pullBackOff(message: string): ParsedEvent | null {
  const image = /^Back-off pulling image "([^"]*)"/.exec(message)?.[1];
  return image === undefined ? null : { kind: 'pullBackOff', image };
}

export function pullFailed(message: string): ParsedEvent | null {
  const image = /^Failed to pull image "([^"]*)"/.exec(message)?.[1];
  return image === undefined ? null : { kind: 'pullFailed', image };
}

/** Policy Never and no usable image: the pull that is needed is not allowed. */
export const pullForbidden = (message: string): ParsedEvent => ({
  kind: 'pullForbidden',
  image: /^Container image "(.*)" is not present with pull policy of Never/.exec(message)?.[1] ?? null,
});

/** The runtime could not tell of the image, or its name cannot be parsed. */
export const imageUnreadable = (message: string): ParsedEvent => ({
  kind: 'imageUnreadable',
  image: /^Failed to (?:apply default image tag|inspect image) "([^"]*)"/.exec(message)?.[1] ?? null,
});

export function pullSecretsMissing(message: string): ParsedEvent | null {
  const names = /^Unable to retrieve some image pull secrets \(([^)]*)\)/.exec(message)?.[1];
  return names === undefined ? null : { kind: 'pullSecretsMissing', names: listed(names) };
}

const listed = (text: string): readonly string[] =>
  text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
