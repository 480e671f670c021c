/** Makes the rows of `finding` of one account. Pure. */
import type { Finding } from '#libs/init-history';
import { digestOf } from './digest.js';
import type { Told } from './pod-init-rows.js';
import type { FindingRow } from './read-model-rows.js';

/** One row for each finding, by kind and container; those alike are numbered in the order in which they are told. */
export function findingRows({ account, moment }: Told): readonly FindingRow[] {
  const met = new Map<string, number>();
  return account.findings.map((finding) => {
    const alike = `${finding.kind} ${finding.container ?? ''}`;
    const count = (met.get(alike) ?? 0) + 1;
    met.set(alike, count);
    return toRow(finding, `${alike} ${count}`);
  });

  function toRow(finding: Finding, key: string): FindingRow {
    const { kind, container, confidence, at } = finding;
    const row = {
      shard_id: moment.shardId,
      pod_uid: account.uid,
      finding_key: key,
      kind,
      container,
      confidence,
      at,
      namespace: account.namespace,
      namespace_uid: account.namespaceUid,
      pod_name: account.name,
      workload_kind: account.workload.kind,
      workload_name: account.workload.name,
      doc: finding,
    };
    const { position: valid_from, recordedAt: told_at } = moment;
    return { ...row, valid_from, valid_to: null, told_at, digest: digestOf(row), contribution: null };
  }
}
