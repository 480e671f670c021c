/** Where something stands: the file, and the line from 1. */
export type Place = Readonly<{ file: string; line: number }>;

/**
 * What a watcher received: the body of a list (or of a page of one), one line of a watch, or that the watch ended and a list comes
 * next. `receivedAt` in epoch milliseconds.
 */
export type RecordedLine = Readonly<{
  place: Place;
  receivedAt: number;
  /** Plural, as in paths: pods, events, nodes, … */
  resource: string;
  /** Where the watcher looked at one namespace only. */
  namespace: string | null;
}> &
  Readonly<{ what: 'list'; text: string } | { what: 'frame'; text: string } | { what: 'closed' }>;

/** What a recording that this service wrote says of itself in its first line. */
export type RecordingHeader = Readonly<{
  cluster: string;
  server: string | null;
  serverVersion: string | null;
  /** Empty: all namespaces. */
  namespaces: readonly string[];
}>;

/** A line that says what follows, not what was received. */
export type HeaderLine = Readonly<{ place: Place; receivedAt: number; what: 'header'; header: RecordingHeader }>;
