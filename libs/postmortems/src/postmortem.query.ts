import { Injectable } from '@nestjs/common';
import type { Viewer } from '#libs/access';
import { AuditError, isAuditError } from '#libs/platform';
import { PodQuery, type One } from '#libs/reports';
import { compose } from './compose.js';
import { pinnedBy, postmortemId } from './postmortem-id.js';
import type { Postmortem } from './postmortem.schema.js';

/**
 * Writes postmortems. None is kept: a postmortem is read from the record as of the place in its id, so it cannot differ from the
 * record, and what is erased there is gone here.
 */
@Injectable()
export class PostmortemQuery {
  constructor(private readonly pods: PodQuery) {}

  /**
   * The postmortem of a pod as of a place, or as of now, which its id then pins.
   *
   * @throws AuditError `pod-unknown`, and what a wrong or expired `asOf` throws
   */
  async of(viewer: Viewer, podUid: string, asOf: string | undefined): Promise<One<Postmortem>> {
    const { meta: now } = await this.pods.get(viewer, podUid, { asOf });
    // both parts are read as of the one place that the id names
    const pinned = { asOf: now.position };
    const [{ data: pod, meta }, { data: timeline }] = await Promise.all([
      this.pods.get(viewer, podUid, pinned),
      this.pods.timeline(viewer, podUid, pinned),
    ]);
    const id = postmortemId({ podUid, asOf: now.position });
    return { data: compose({ id, pod, timeline, meta }), meta };
  }

  /** @throws AuditError `postmortem-unknown` for an id that is none, or whose pod this viewer may not see */
  async get(viewer: Viewer, id: string): Promise<One<Postmortem>> {
    const pinned = pinnedBy(id);
    if (!pinned) throw unknown(id);
    try {
      return await this.of(viewer, pinned.podUid, pinned.asOf);
    } catch (error) {
      if (isAuditError(error, 'pod-unknown') || isAuditError(error, 'query-invalid')) throw unknown(id);
      throw error;
    }
  }
}

const unknown = (id: string): AuditError =>
  new AuditError('postmortem-unknown', `There is no postmortem ${id}.`, {
    remedy: 'POST /api/v1/postmortems with the uid of a pod writes one.',
  });
