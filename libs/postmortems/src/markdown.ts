import type { Duration } from '#libs/reports';
import type { Cause, Postmortem } from './postmortem.schema.js';

/** The postmortem as Markdown that can be pasted into an incident page. Texts of pods cannot break out of their cell. */
export function markdown(postmortem: Postmortem): string {
  const { pod, asOf } = postmortem;
  const sections = [
    `# Initialization of ${text(`${pod.namespace}/${pod.name}`)}`,
    text(postmortem.summary),
    facts(postmortem),
    section('Cause', postmortem.cause ? [causeLine(postmortem.cause)] : ['Nothing failed and nothing stands.']),
    section('Other contributions', postmortem.alternatives.map(causeLine)),
    section('Where the time went', phases(postmortem)),
    section('Attempts', attempts(postmortem)),
    section('Timeline (UTC)', timeline(postmortem)),
    section('Kubernetes Events', events(postmortem)),
    section(
      'Findings',
      postmortem.findings.map(({ kind, summary, confidence }) => `- ${kind} (${confidence}): ${text(summary)}`),
    ),
    section(
      'When nobody could see',
      postmortem.gaps.map(
        ({ from, to, resource, reason }) => `- ${from ?? 'before'} to ${to}: ${resource} (${reason})`,
      ),
    ),
    section(
      'Open questions',
      postmortem.openQuestions.map((question) => `- ${text(question)}`),
    ),
    `Read from ${asOf.source} as of ${asOf.time} (position ${asOf.position}), by rules ${asOf.rules}.`,
  ];
  return `${sections.filter((part) => part !== '').join('\n\n')}\n`;
}

/** Escapes what Markdown or HTML would read as more than text; line breaks become spaces. */
export function text(raw: string): string {
  return raw
    .replaceAll(/\p{Cc}+/gu, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(/[\\`*_{}[\]()#+!|~]/g, (sign) => `\\${sign}`)
    .trim();
}

function facts({ pod, state, status, startedAt, endedAt, duration, initRestarts }: Postmortem): string {
  return table(
    ['what', 'value'],
    [
      ['pod', `${text(pod.name)} (${pod.uid})`],
      ['cluster', text(pod.cluster)],
      ['workload', text(pod.workload)],
      ['revision', text(pod.revision ?? 'none')],
      ['node', text(pod.node ? `${pod.node} (kubelet ${pod.kubeletVersion ?? 'unknown'})` : 'none')],
      ['state', `${state}, STATUS ${text(status ?? 'unknown')}`],
      ['began', startedAt ?? 'not yet'],
      ['ended', endedAt ?? 'not yet'],
      ['duration', seconds(duration)],
      ['attempts beyond the first', String(initRestarts)],
    ],
  );
}

function causeLine({ category, statement, confidence, evidence }: Cause): string {
  const proof = evidence.length > 0 ? ` Evidence: ${evidence.join(', ')}.` : '';
  return `- **${category ?? 'UNKNOWN'}** (${confidence}): ${text(statement)}.${proof}`;
}

function phases({ cycles }: Postmortem): string[] {
  const rows = cycles.flatMap((cycle) =>
    cycle.phases.map(({ phase, container, from, to, duration }) => [
      String(cycle.number),
      phase,
      text(container ?? ''),
      from ?? '',
      to ?? '',
      seconds(duration),
    ]),
  );
  return rows.length > 0 ? [table(['cycle', 'phase', 'container', 'from', 'to', 'duration'], rows)] : [];
}

function attempts({ cycles }: Postmortem): string[] {
  const rows = cycles.flatMap((cycle) =>
    cycle.initContainers.flatMap((container) =>
      container.attempts.map((attempt) => [
        String(cycle.number),
        text(container.name),
        String(attempt.number),
        attempt.startedAt ?? 'unknown',
        attempt.finishedAt ?? (attempt.outcome === 'running' ? 'running' : 'unknown'),
        seconds(attempt.duration),
        `${attempt.exitCode ?? ''} ${text(attempt.reason ?? '')}`.trim(),
        text(attempt.message ?? ''),
      ]),
    ),
  );
  const columns = ['cycle', 'container', 'attempt', 'started', 'finished', 'duration', 'exit', 'message'];
  return rows.length > 0 ? [table(columns, rows)] : [];
}

function timeline(postmortem: Postmortem): string[] {
  const rows = postmortem.timeline.map(({ at, observedAt, what, container, detail, basis, evidence }) => [
    at ?? `seen ${observedAt}`,
    what,
    text(container ?? ''),
    text(detail ?? ''),
    basis,
    evidence.join(' '),
  ]);
  return rows.length > 0 ? [table(['when', 'what', 'container', 'detail', 'basis', 'evidence'], rows)] : [];
}

function events(postmortem: Postmortem): string[] {
  const rows = postmortem.events.map(({ at, type, reason, container, message, count, position }) => [
    at ?? '',
    text(`${type ?? ''} ${reason ?? ''}`),
    text(container ?? ''),
    text(message ?? ''),
    String(count),
    position,
  ]);
  return rows.length > 0 ? [table(['last seen', 'reason', 'container', 'message', 'count', 'evidence'], rows)] : [];
}

function section(title: string, lines: readonly string[]): string {
  return lines.length > 0 ? `## ${title}\n\n${lines.join('\n')}` : '';
}

function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(columns), line(columns.map(() => '---')), ...rows.map(line)].join('\n');
}

/** A duration with its doubt: never more precision than there is. */
export function seconds({ seconds: exact, lo, hi, certainty }: Duration): string {
  const span = lo !== null && hi !== null ? ` (${lo} to ${hi} s)` : '';
  if (certainty === 'unknown') return 'unknown';
  return exact === null ? `between${span.replaceAll(/[()]/g, '')}` : `${exact} s${span}`;
}
