import { createHmac } from 'node:crypto';
import { clean, quoted } from './canonical.js';
import { looksSecret, maskText, secretAfter } from './secrets.js';
import { isTarget, targetsIn } from './targets.js';

/** How commands, arguments, exec probes and hooks are kept: masked word by word, only what they wait for, or not at all. */
export type Commands = 'masked' | 'targets' | 'none';

export type MaskingOptions = Readonly<{
  /** Key of the HMAC. It lives outside of the database: with it, a guess can be tried. */
  key: Uint8Array | string;
  commands: Commands;
  /** Told of every path that no list knows, and whether it was kept. */
  unknownPath?: (path: string, kept: boolean) => void;
}>;

/** A text as it is stored: JSON text, and whether it was cut. */
export type Message = Readonly<{ text: string; truncated: boolean }>;

/** The end of a log as it is stored: how many of its lines are kept, whole or from within. */
export type LogEnd = Readonly<{ text: string; lines: number; truncated: boolean }>;

/** Most bytes of a message that are kept: what a termination message may have. */
const mostMessageBytes = 4_096;
/** Beyond this a message cannot reach into the part that is kept. */
const mostMessageChars = 16_384;

const allowedAnnotations = new Set([
  'kubernetes.io/config.mirror',
  'kubernetes.io/config.source',
  'kubernetes.io/config.hash',
  'kubectl.kubernetes.io/restartedAt',
  'sidecar.istio.io/status',
  'linkerd.io/proxy-version',
  'vault.hashicorp.com/agent-inject-status',
  'consul.hashicorp.com/connect-inject-status',
  'k8s.v1.cni.cncf.io/network-status',
  'k8s.v1.cni.cncf.io/networks-status',
  'batch.kubernetes.io/job-completion-index',
]);
/** Too short and too plain for any pattern of a secret: no name with a value, no user in a URL, no random word. */
const harmless = /^[a-z0-9./_-]{0,19}$/;
const ourAnnotations = 'initledger.io/';
/** Holds the whole object as somebody applied it, literals of secrets included. */
const droppedAnnotations = new Set(['kubectl.kubernetes.io/last-applied-configuration']);

/**
 * What hides secrets while objects are reduced. A masked value is an HMAC: a change shows, a guess does not.
 * One for each process: it remembers, within bounds, what it masked, because the same commands come with every frame.
 */
export class Masking {
  readonly commands: Commands;
  readonly unknownPath: (path: string, kept: boolean) => void;
  private readonly texts = new Memory();
  private readonly secrets = new Memory();
  private readonly key: Uint8Array | string;

  constructor({ key, commands, unknownPath }: MaskingOptions) {
    if (key.length === 0) throw new RangeError('The masking key is empty');
    this.key = key;
    this.commands = commands;
    this.unknownPath = unknownPath ?? (() => undefined);
  }

  /** A value that is masked whole, as JSON text. */
  value(value: string): string {
    return `{"masked":"hmac:${this.hmac(value)}"}`;
  }

  /** A literal of an init container's environment: kept where it wholly names what is waited for. */
  target(name: string, value: string): string {
    const says = !looksSecret(name) && isTarget(value) && this.words(value) === value;
    return says ? quoted(value) : this.value(value);
  }

  /** A text with its secret-shaped words masked, as JSON text. */
  text(text: string): string {
    return quoted(this.words(text));
  }

  /** A message: masked, and cut to 4,096 bytes without splitting a character. */
  message(text: string): Message {
    const masked = clean(this.words(text.slice(0, mostMessageChars)));
    const cut = cutToBytes(masked, mostMessageBytes);
    return { text: JSON.stringify(cut), truncated: cut.length < masked.length || text.length > mostMessageChars };
  }

  /** The last lines of a log, masked before they are cut: whole lines from the end, and of a line that is longer its end. */
  logEnd(lines: readonly string[], mostBytes: number): LogEnd {
    const masked = clean(this.words(lines.join('\n')));
    if (Buffer.byteLength(masked) <= mostBytes) return { text: masked, lines: lines.length, truncated: false };
    // The byte before tells whether the cut is between two lines.
    const end = lastBytes(masked, mostBytes + 1);
    const newline = end.indexOf('\n');
    const text = newline < 0 ? lastBytes(masked, mostBytes) : end.slice(newline + 1);
    return { text, lines: text.split('\n').length, truncated: true };
  }

  /** The words of a command as JSON text: a list, or an HMAC with what it waits for. */
  command(words: readonly string[]): string {
    if (this.commands === 'masked') return `[${this.maskedWords(words).map(quoted).join(',')}]`;
    const targets = this.commands === 'targets' ? `,"targets":[${words.flatMap(targetsIn).map(quoted).join(',')}]` : '';
    return `{"masked":"hmac:${this.hmac(JSON.stringify(words))}"${targets}}`;
  }

  /** The value of an annotation as JSON text; undefined for one that is not kept in any form. */
  annotation(key: string, value: string): string | undefined {
    if (droppedAnnotations.has(key)) return undefined;
    if (allowedAnnotations.has(key) || key.startsWith(ourAnnotations)) return quoted(value);
    return this.value(value);
  }

  /** A word may be a secret because of the one before it; within a word, patterns decide. */
  private maskedWords(words: readonly string[]): string[] {
    const program = words.join(' ').slice(0, 4_096);
    return words.map((word, at) => {
      const secret = secretAfter(words[at - 1] ?? '', word, program);
      return secret === undefined ? this.words(word) : word.slice(0, word.length - secret.length) + this.mask(secret);
    });
  }

  private words(text: string): string {
    if (harmless.test(text)) return text;
    return this.texts.recall(text, () => maskText(text, (secret) => this.mask(secret)));
  }

  private mask(secret: string): string {
    return `<masked:${this.hmac(secret)}>`;
  }

  private hmac(secret: string): string {
    return this.secrets.recall(secret, () =>
      createHmac('sha256', this.key).update(secret).digest('base64url').slice(0, 22),
    );
  }
}

/** Answers once found, in two generations: when the younger is full it becomes the older, and the older is forgotten. */
class Memory {
  private young = new Map<string, string>();
  private old = new Map<string, string>();
  private chars = 0;

  recall(question: string, answer: () => string): string {
    const known = this.young.get(question) ?? this.old.get(question);
    const found = known ?? answer();
    if (!this.young.has(question) && question.length <= 65_536) this.remember(question, found);
    return found;
  }

  private remember(question: string, answer: string): void {
    this.chars += question.length + answer.length + 64;
    if (this.chars > 2_000_000) {
      this.old = this.young;
      this.young = new Map();
      this.chars = 0;
    }
    this.young.set(question, answer);
  }
}

/** The end of a text in at most so many bytes, without splitting a character. */
function lastBytes(text: string, most: number): string {
  const bytes = Buffer.from(text);
  let from = Math.max(0, bytes.length - most);
  while (from < bytes.length && ((bytes[from] ?? 0) & 0xc0) === 0x80) from += 1;
  return bytes.subarray(from).toString('utf8');
}

function cutToBytes(text: string, most: number): string {
  if (text.length * 3 <= most || Buffer.byteLength(text) <= most) return text;
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(most));
  return text.slice(0, read);
}
