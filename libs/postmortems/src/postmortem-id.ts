/** Which pod, and as of which moment of the record: all that a postmortem is made from, so its link is good for as long as the record. */
export type Pinned = Readonly<{ podUid: string; asOf: string }>;

/** The id of a postmortem. */
export function postmortemId({ podUid, asOf }: Pinned): string {
  return `${podUid}.${asOf}`;
}

/** What an id pins; undefined where it is none of ours. */
export function pinnedBy(id: string): Pinned | undefined {
  const [, podUid, asOf] = /^([^.]+)\.(.+)$/.exec(id) ?? [];
  return podUid !== undefined && asOf !== undefined ? { podUid, asOf } : undefined;
}
