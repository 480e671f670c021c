import type { StatusCause } from './api-error.js';
import { sameJson } from './field-sets.js';
import {
  copyOf,
  fieldAt,
  isFields,
  listAt,
  mirrorKey,
  textAt,
  type Fields,
  type KubeObject,
  type StoredObject,
} from './kube-object.js';
import { qosClass } from './pod-defaults.js';

const lists = ['initContainers', 'containers'] as const;
const kinds = ['requests', 'limits'] as const;
const resizable = ['cpu', 'memory'];

const namesIn = (pod: KubeObject, list: string): string[] =>
  listAt(pod, 'spec', list).map((one) => textAt(one, 'name'));

const forbidden = (field: string, why: string): StatusCause => ({
  reason: 'FieldValueForbidden',
  message: `Forbidden: ${why}`,
  field,
});

/**
 * What the subresource `resize` makes of a pod's spec: it takes the resources and resize policies of its containers, and nothing else. Where containers are
 * added, removed or renamed, the spec is left as it was given, for {@link resizeProblems} to refuse (`k/k:pkg/registry/core/pod/strategy.go`, dropNonResizeUpdates).
 */
export function resizedSpec(known: StoredObject, given: KubeObject): unknown {
  if (lists.some((list) => !sameJson(namesIn(given, list), namesIn(known, list)))) return given['spec'];
  const spec = copyOf(known['spec']);
  for (const list of lists) {
    listAt(spec, list).forEach((container, i) => {
      if (isFields(container)) takeResources(container, listAt(given, 'spec', list)[i]);
    });
  }
  return spec;
}

function takeResources(container: Fields, given: unknown): void {
  for (const field of ['resources', 'resizePolicy']) {
    const value = fieldAt(given, field);
    if (value === undefined) delete container[field];
    else container[field] = value;
  }
}

/** Why a pod may not be resized so, in the server's words (`k/k:pkg/apis/core/validation/validation.go`, ValidatePodResize). */
export function resizeProblems(pod: KubeObject, known: StoredObject): StatusCause[] {
  if (known.metadata.annotations?.[mirrorKey] !== undefined) return [forbidden('', 'static pods cannot be resized')];
  const quality = textAt(known, 'status', 'qosClass');
  const changed: StatusCause[] =
    quality === qosClass(pod['spec'])
      ? []
      : [
          {
            reason: 'FieldValueInvalid',
            message: `Invalid value: ${JSON.stringify(quality)}: Pod QOS Class may not change as a result of resizing`,
            field: 'spec',
          },
        ];
  const moved = lists.flatMap((list) => movedContainers(pod, known, list));
  if (moved.length > 0) return [...changed, ...moved];
  return [...changed, ...lists.flatMap((list) => containerProblems(pod, known, list))];
}

function movedContainers(pod: KubeObject, known: StoredObject, list: string): StatusCause[] {
  const [after, before] = [namesIn(pod, list), namesIn(known, list)];
  if (after.length !== before.length)
    return [forbidden(`spec.${list}`, `${list} may not be added or removed on resize`)];
  return before.flatMap((name, i) =>
    after[i] === name
      ? []
      : [forbidden(`spec.${list}[${i}].name`, `${list} may not be renamed or reordered on resize`)],
  );
}

function containerProblems(pod: KubeObject, known: StoredObject, list: string): StatusCause[] {
  return listAt(known, 'spec', list).flatMap((before, i) => {
    const after = listAt(pod, 'spec', list)[i];
    const amounts = (container: unknown, kind: string): Fields => {
      const found = fieldAt(container, 'resources', kind);
      return isFields(found) ? found : {};
    };
    const removed = kinds
      .filter((kind) => Object.keys(amounts(before, kind)).some((name) => amounts(after, kind)[name] === undefined))
      .map((kind) => forbidden(`spec.${list}[${i}].resources.${kind}`, `resource ${kind} cannot be removed`));
    const others = kinds.some((kind) => !sameJson(fixed(amounts(before, kind)), fixed(amounts(after, kind))));
    return others ? [...removed, forbidden('spec', 'only cpu and memory resources are mutable')] : removed;
  });
}

const fixed = (amounts: Fields): Fields =>
  Object.fromEntries(Object.entries(amounts).filter(([name]) => !resizable.includes(name)));
