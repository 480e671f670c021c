import { describe, expect, it } from 'vitest';
import { streamId, streamPlaceOf, toEvent } from './stream-place.js';

describe('the id of a streamed happening', () => {
  it('names the place in every shard and comes back as it', () => {
    const place = {
      rules: '1',
      shards: new Map<number, readonly [number, number]>([
        [2, [7, 0]],
        [1, [41, 3]],
      ]),
    };

    expect(streamId(place)).toBe('1/1:41.3,2:7.0');
    expect(streamPlaceOf('1/1:41.3,2:7.0')).toEqual(place);
  });

  it.each(['', 'x', '1/1:4', '1/a:b.c', '1/1:4.0;DROP', '1/1:4.0,'])('is refused when it is not ours: %j', (id) => {
    expect(streamPlaceOf(id)).toBeUndefined();
  });

  it('can be of a store without shards', () => {
    expect(streamPlaceOf('1/')).toEqual({ rules: '1', shards: new Map() });
  });
});

describe('toEvent', () => {
  it('keeps an event on lines of its own, whatever text is in it', () => {
    expect(toEvent('happening', '1/1:4.0', { message: 'a\nb' })).toBe(
      'event: happening\nid: 1/1:4.0\ndata: {"message":"a\\nb"}\n\n',
    );
  });
});
