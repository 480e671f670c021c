import type { Cancel, Clock } from './clock.js';

/** What who asks a server meets: an answer, a closed port, or a port behind which nobody answers yet. */
export type Reach = 'answers' | 'refuses' | 'waits';

/** How a client gets to the API. */
export type ApiReach = Readonly<{
  /** What a request made now meets. */
  reach(): Reach;
  /** Does something now, or as soon as requests are answered. */
  whenAnswering(task: () => void): void;
}>;

/** How the server goes: SIGTERM, after which it takes no request and is killed when its watches have not ended within five seconds; or SIGKILL. */
export type OutageKind = 'restart' | 'kill';

/** How long a server that is away refuses its clients, and how long it lets them wait after that, while it starts. */
export type OutageTimes = Readonly<{ refusesForMs: number; waitsForMs: number }>;

/** As recorded: apiserver-restart, apiserver-kill. */
const usual: Readonly<Record<OutageKind, OutageTimes>> = {
  restart: { refusesForMs: 5250, waitsForMs: 1100 },
  kill: { refusesForMs: 250, waitsForMs: 1100 },
};

/** What is told of an outage: it begins, the new server starts, it answers. */
export type OutageListener = Readonly<{ onBegin?(kind: OutageKind): void; onStart?(): void; onAnswer?(): void }>;

/** Whether the API server answers. It always does, until `begin`. */
export class Outage {
  private state: Reach = 'answers';
  private readonly waiting: (() => void)[] = [];
  private readonly listeners: OutageListener[] = [];
  private cancel: Cancel = () => undefined;

  constructor(private readonly clock: Clock) {}

  /** What who asks now meets. */
  get reach(): Reach {
    return this.state;
  }

  /** The server goes, and comes back when both times are over, which are the recorded ones unless told. One that is away goes anew. */
  begin(kind: OutageKind, { refusesForMs, waitsForMs }: OutageTimes = usual[kind]): void {
    this.cancel();
    this.state = 'refuses';
    for (const one of this.listeners) one.onBegin?.(kind);
    this.cancel = this.clock.after(refusesForMs, () => {
      this.state = 'waits';
      for (const one of this.listeners) one.onStart?.();
      this.cancel = this.clock.after(waitsForMs, () => this.end());
    });
  }

  /** Ends it now, if the server is away: those who waited are answered first. */
  end(): void {
    if (this.state === 'answers') return;
    this.cancel();
    this.state = 'answers';
    for (const task of this.waiting.splice(0)) task();
    for (const one of this.listeners) one.onAnswer?.();
  }

  /** Does something now, or as soon as the server answers. */
  whenAnswering(task: () => void): void {
    if (this.state === 'answers') task();
    else this.waiting.push(task);
  }

  /** Tells of every outage from now on. */
  listen(listener: OutageListener): void {
    this.listeners.push(listener);
  }
}

/** The clock of a client that does nothing while the server is away: what falls due then is done when it answers. */
export const clockOfClient = (clock: Clock, outage: Outage): Clock => ({
  now: () => clock.now(),
  after(delayMs, task) {
    let isOff = false;
    const cancel = clock.after(delayMs, () => outage.whenAnswering(() => void (isOff || task())));
    return () => {
      isOff = true;
      cancel();
    };
  },
});
