import { Injectable } from '@nestjs/common';
import type { Viewer } from '#libs/access';
import { AuditError, PrismaService } from '#libs/platform';
import { askedHash, metaOf, pageOf, pinnedBy, ReportReader, type List, type Reading } from '#libs/reports';
import type { Alert, AlertsFilter } from './alerts.schema.js';
import { toldUnder } from './outbox.js';

type Place = Readonly<{ startsAt: Date; alertId: string; episode: number }>;
type AlertRow = Awaited<ReturnType<PrismaService['alert']['findMany']>>[number];
type DeliveryRow = Awaited<ReturnType<PrismaService['delivery']['findMany']>>[number];

const deliveriesTold = 20;

/** Tells which alerts fired, and who was told. */
@Injectable()
export class AlertsQuery {
  constructor(
    private readonly reader: ReportReader,
    private readonly prisma: PrismaService,
  ) {}

  /** Newest first. @throws AuditError as every list does: `query-invalid`, `cursor-invalid`, `history-expired`, … */
  list(viewer: Viewer, filter: AlertsFilter): Promise<List<Alert>> {
    const hash = askedHash('alerts', filter);
    const cursor = pinnedBy(filter.cursor, hash);
    const after = cursor && placeAfter(cursor.after);
    return this.reader.read(
      viewer,
      filter,
      async (reading) => {
        const rows = await this.rows(reading, filter, after);
        const {
          rows: kept,
          page,
          cursorAt,
        } = pageOf(
          rows.map((row) => ({ row, after: [row.startsAt.toISOString(), row.alertId, row.episode] })),
          filter.limit,
          hash,
          reading.place,
        );
        const items = await Promise.all(kept.map(({ row }) => this.told(reading, row)));
        return { items, page, cursorAt, meta: await metaOf(reading) };
      },
      cursor?.place,
    );
  }

  private rows(
    reading: Reading,
    { state, namespace, limit }: AlertsFilter,
    after: Place | undefined,
  ): Promise<AlertRow[]> {
    const asOf = new Date(reading.place.asOf);
    const { pods } = reading.viewer;
    return this.prisma.alert.findMany({
      where: {
        AND: [
          { shardId: { in: reading.shards.map(({ shardId }) => shardId) }, startsAt: { lte: asOf } },
          pods === 'all' ? {} : { namespaceUid: { in: [...pods.values()] } },
          namespace ? { namespace: { in: namespace } } : {},
          state === 'firing' ? { OR: [{ endsAt: null }, { endsAt: { gt: asOf } }] } : {},
          state === 'resolved' ? { endsAt: { lte: asOf } } : {},
          after ? { OR: beyond(after) } : {},
        ],
      },
      orderBy: [{ startsAt: 'desc' }, { alertId: 'asc' }, { episode: 'desc' }],
      take: limit + 1,
    });
  }

  private async told(reading: Reading, row: AlertRow): Promise<Alert> {
    const deliveries = await this.prisma.delivery.findMany({
      where: {
        shardId: row.shardId,
        dedupeKey: { startsWith: `${row.alertId}:${row.episode}:` },
        attemptedAt: { lte: new Date(reading.place.asOf) },
      },
      orderBy: { attemptedAt: 'desc' },
      take: deliveriesTold,
    });
    return toAlert(reading, row, deliveries);
  }
}

const beyond = ({ startsAt, alertId, episode }: Place) => [
  { startsAt: { lt: startsAt } },
  { startsAt, alertId: { gt: alertId } },
  { startsAt, alertId, episode: { lt: episode } },
];

function placeAfter([startsAt, alertId, episode]: readonly (string | number | null)[]): Place {
  const isOurs = typeof startsAt === 'string' && typeof alertId === 'string' && typeof episode === 'number';
  const time = isOurs ? new Date(startsAt) : new Date(Number.NaN);
  if (!isOurs || Number.isNaN(time.getTime()))
    throw new AuditError('cursor-invalid', 'cursor is not a cursor of this list');
  return { startsAt: time, alertId, episode };
}

/** Prisma's rows, which know no unions, as the contract tells them: as of the reading's place, later ends are not known yet. */
function toAlert(reading: Reading, row: AlertRow, deliveries: readonly DeliveryRow[]): Alert {
  const hasEnded = row.endsAt !== null && row.endsAt.getTime() <= reading.place.asOf;
  return {
    alertId: row.alertId,
    episode: row.episode,
    name: row.name,
    state: hasEnded ? 'resolved' : 'firing',
    cluster: row.cluster,
    namespace: row.namespace,
    workload: { kind: row.workloadKind, name: row.workloadName },
    revision: row.revision,
    container: row.container,
    category: row.category as Alert['category'],
    startsAt: row.startsAt.toISOString(),
    endsAt: hasEnded ? (row.endsAt?.toISOString() ?? null) : null,
    resolution: hasEnded ? (row.resolution as Alert['resolution']) : null,
    // beside these the row holds what proves it, which is told as `evidence`
    pods: (row.pods as Alert['pods']).map(({ uid, name, since }) => ({ uid, name, since })),
    threshold: { seconds: row.thresholdSeconds, basis: row.thresholdBasis },
    evidence: (row.evidence as number[]).map((position) => `${row.shardId}:${position}`),
    deliveries: deliveries.map(({ dedupeKey, receiver, attemptedAt, outcome, status, detail }) => ({
      receiver,
      told: toldUnder(dedupeKey),
      attemptedAt: attemptedAt.toISOString(),
      outcome: outcome as Alert['deliveries'][number]['outcome'],
      status,
      detail,
    })),
  };
}
