import type { Frame } from '#libs/kubernetes';
import type { Ahead } from './ahead.js';
import { isBack, isOld } from './positions.js';
import { subjectStream } from './reducing/index.js';

/** What a watch has seen so far. */
type Sight = Readonly<{
  position: string | undefined;
  knows: (stream: string) => boolean;
  ahead?: Pick<Ahead, 'get'> | undefined;
  /** Told of a server that says to be where it was before. */
  turnsBack: () => void;
}>;

/** Leaves out what has been seen: a position or less, or an object's state that is stored already. */
export function freshFrames(frames: readonly Frame[], { knows, ahead, turnsBack, ...from }: Sight): readonly Frame[] {
  let { position } = from;
  const gone = new Set<string>();
  return frames.filter(({ type, object }) => {
    const { uid, resourceVersion } = object.metadata;
    if (type === 'BOOKMARK' && position !== undefined && isBack(resourceVersion, position)) turnsBack();
    const stream = type === 'BOOKMARK' ? '' : subjectStream(uid);
    const stored = ahead?.get(stream);
    if (stored !== undefined && isOld(resourceVersion, stored)) return false;
    if (!isOld(resourceVersion, position)) position = resourceVersion;
    // Old API servers say DELETED with the object's last resourceVersion instead of the deletion's. Who goes in these frames is known still.
    else if (type !== 'DELETED' || !knows(stream) || gone.has(stream)) return false;
    if (type === 'DELETED') gone.add(stream);
    return true;
  });
}
