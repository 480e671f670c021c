// Reads what `npm run ledger -- export` wrote (libs/event-store/README.md, "Archives"). Part of verify.mjs.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

import { ArchiveFile, eventOf } from './archive-file.mjs';
import { checkpoint, fail, leaf, node, sha256 } from './notes.mjs';

/** A growing tree that remembers, of one leaf if it is told which, the hashes on its way to the root. */
class ProvingTree {
  size = 0;
  peaks = [];
  path = [];
  constructor(proved) {
    this.proved = proved;
  }
  join(left, right) {
    if (!left || !right) return undefined;
    const { from } = left;
    if (this.proved >= from && this.proved < right.from) this.path.push(right.hash);
    else if (this.proved >= right.from && this.proved < right.to) this.path.push(left.hash);
    return { from, to: right.to, hash: node(left.hash, right.hash) };
  }
  /** Goes on with a perfect subtree of `width` leaves. */
  add(hash, width = 1) {
    let carried = { from: this.size, to: this.size + width, hash };
    while (this.peaks.length > 0 && this.peaks.at(-1).to - this.peaks.at(-1).from === carried.to - carried.from)
      carried = this.join(this.peaks.pop(), carried);
    this.peaks.push(carried);
    this.size += width;
  }
  root() {
    if (this.size === 0) return sha256('');
    return this.peaks.map(({ hash }) => hash).reduceRight((right, left) => node(left, right));
  }
  /** The root of the whole tree of `size` leaves, with the hashes that it has right of these; undefined where those are not as many. */
  rootWith(right, size) {
    const [left, rest] = [[...this.peaks], [...right]];
    const over = (from, to) => {
      if (to <= this.size) return left.splice(0).reduceRight((lower, upper) => this.join(upper, lower));
      let width = 1;
      while (width * 2 < to - from) width *= 2;
      const split = from + width;
      if (this.size > split) return this.join(left.shift(), over(split, to));
      const hash = rest.shift();
      return hash && this.join(over(from, split), { from: split, to, hash });
    };
    const whole = over(0, size);
    return left.length + rest.length > 0 ? undefined : whole?.hash;
  }
}

/**
 * Reads a whole archive, and holds it against the signed checkpoints in it. What is wrong is in `problems`, as near to the place as can be
 * said: the event, the bytes of a block, or the two checkpoints between which it lies.
 */
class Reading {
  erased = [];
  #tree;
  #claims = [];
  #agreed = 0;
  #next;
  #previous = '';
  #leaves = createHash('sha256');
  #end;

  /** @param take is told of each event */
  constructor(file, key, { earlier, prove, take = () => undefined } = {}) {
    this.file = new ArchiveFile(file);
    Object.assign(this, { key, earlier, prove, take, problems: this.file.problems });
    for (const block of this.file.blocks()) {
      try {
        this.#read(block);
      } catch (error) {
        this.problems.push(`${block.what}: ${error.message}`);
      }
    }
    if (!this.header) this.problems.push('it has no header: its events cannot be proved');
    if (this.problems.length === 0) this.#conclude();
  }

  #read(block) {
    if (block.kind === 'events') this.#readEvents(block);
    else if (block.changed) return;
    else if (block.kind === 'head') this.#begin(JSON.parse(block.text));
    else this.#end = JSON.parse(block.text);
  }

  #begin(header) {
    if (header.format !== 'initledger-archive' || header.version !== 1) fail('the file is no archive of version 1');
    const { from, before, checkpoints } = header;
    this.#claims = checkpoints.map((note) => checkpoint(note, this.key));
    this.checkpoint = checkpoint(header.checkpoint, this.key);
    if (header.origin !== this.checkpoint.origin) fail(`the archive is of ${header.origin}`);
    this.#tree = new ProvingTree(this.prove);
    for (let level = before.length - 1; level >= 0; level -= 1) {
      const hashes = Buffer.from(before[level], 'base64');
      for (let at = 0; at + 32 <= hashes.length; at += 32) this.#tree.add(hashes.subarray(at, at + 32), 256 ** level);
    }
    if (this.#tree.size !== from) throw new Error(`it has not the hashes of what lies before event ${from}`);
    Object.assign(this, { header });
    [this.#next, this.#agreed] = [from, from];
    this.#compare();
  }

  #readEvents({ from, to, what, text, changed }) {
    if (this.#next !== undefined && from !== this.#next)
      this.problems.push(`events ${this.#next} to ${from - 1} are missing`);
    this.#next = to;
    if (text === undefined) return;
    const lines = text.split('\n').slice(0, -1);
    if (lines.length !== to - from) this.problems.push(`${what}: there are ${lines.length}`);
    for (const [nth, line] of lines.entries()) this.#readEvent(line, from + nth, changed);
  }

  #readEvent(line, position, changed) {
    const event = eventOf(line, position);
    if (event.problem) return void this.problems.push(`event ${position}: ${event.problem}`);
    if (event.recordedAt < this.#previous)
      this.problems.push(`event ${position}: it is recorded earlier than the one before`);
    this.#previous = event.recordedAt;
    if (changed) return;
    if (event.body === undefined) this.erased.push(position);
    if (position === this.prove) this.proved = event;
    this.take(event);
    // The tree of a log of which something is missing is not that log's.
    if (!this.#tree || this.problems.length > 0) return;
    this.#tree.add(leaf(event.entry));
    this.#leaves.update(leaf(event.entry));
    this.#compare();
  }

  /** With the checkpoints that speak of as many events as came. */
  #compare() {
    const { size } = this.#tree;
    if (this.#claims[0]?.size === size) {
      if (!this.#tree.root().equals(this.#claims.shift().root)) this.#differs(size, size);
      this.#agreed = size;
    }
    if (this.earlier?.size === size) this.#hasEarlier(this.#tree.root());
  }

  #hasEarlier(root) {
    this.agreesWithEarlier = root.equals(this.earlier.root);
    if (!this.agreesWithEarlier) this.problems.push(`the first ${this.earlier.size} events are others than they were`);
  }

  /** @param of events of the checkpoint with which they do not agree */
  #differs(to, of) {
    this.problems.push(
      `events ${this.#agreed} to ${to - 1}, or the hashes around them, are not those of the checkpoint of ${of} events`,
    );
  }

  #conclude() {
    const { from, to, after } = this.header;
    this.leaves = this.#leaves.digest('hex');
    if (this.#claims.length > 0) return void this.problems.push('its checkpoints are not in order');
    if (this.#next !== to)
      return void this.problems.push(`it goes up to event ${this.#next - 1}, and says that it goes up to ${to - 1}`);
    if (this.#end?.events !== to - from || this.#end.leaves !== this.leaves)
      return void this.problems.push('its last line is not that of its events');
    const { size, root } = this.checkpoint;
    const computed = this.#tree.rootWith(
      after.map((hash) => Buffer.from(hash, 'base64')),
      size,
    );
    if (!computed?.equals(root)) this.#differs(to, size);
    else if (this.earlier?.size === size) this.#hasEarlier(computed);
    if (this.prove >= from && this.prove < to) this.path = this.#tree.path;
  }
}

/** What the acts of an archive say of this log: what was erased, and which archive was kept of what was dropped. */
function actsOf(file, key) {
  const acts = { erased: new Set(), dropped: [] };
  const take = ({ type, body }) => {
    if (body === undefined) return;
    const said = JSON.parse(body);
    if (type === 'BodiesErased' && said.log === 'event')
      for (const position of said.positions) acts.erased.add(position);
    if (type === 'SegmentDropped') acts.dropped.push(said);
  };
  const { problems } = new Reading(file, key, { take });
  if (problems.length > 0) fail(`${file}:\n  ${problems.join('\n  ')}`);
  return acts;
}

/** The same key under the name of the acts of a log. */
function actsKey(key) {
  const [name, , ...encoded] = key.split('+');
  const typed = Buffer.from(encoded.join('+'), 'base64');
  const id = sha256(`${name}/acts\n`, typed).subarray(0, 4).toString('hex');
  return `${name}/acts+${id}+${encoded.join('+')}`;
}

export function archive(file, key, { since, acts, actsKey: keyOfActs, prove }) {
  const earlier = since && checkpoint(readFileSync(since, 'utf8'), key);
  const wanted = prove === undefined ? undefined : Number(prove);
  const found = new Reading(file, key, { earlier, prove: wanted });
  const { problems, header } = found;
  const notes = [];
  if (problems.length === 0 && acts) heldAgainst(actsOf(acts, keyOfActs ?? actsKey(key)), found, notes);
  if (problems.length > 0) fail(`${file}:\n  ${problems.join('\n  ')}`);
  if (wanted !== undefined) {
    if (!found.path) fail(`the archive holds no event ${prove}`);
    const { entry, salt, body } = found.proved;
    const extra = Buffer.from(JSON.stringify({ entry, ...(body !== undefined && { salt, body }) })).toString('base64');
    const path = found.path.map((hash) => hash.toString('base64'));
    process.stdout.write(
      ['c2sp.org/tlog-proof@v1', `extra ${extra}`, `index ${wanted}`, ...path, '', header.checkpoint].join('\n'),
    );
    return;
  }
  const span = header.fromAt ? `, recorded from ${header.fromAt} up to ${header.toAt}` : '';
  console.log(
    `holds: events ${header.from} to ${header.to - 1} of ${header.origin}${span}, under the checkpoint of ${found.checkpoint.size} events`,
  );
  if (found.erased.length > 0) console.log(`erased: ${found.erased.join(', ')}${acts ? '; acts say so' : ''}`);
  for (const note of notes) console.log(note);
  if (earlier)
    console.log(
      found.agreesWithEarlier
        ? `it has the ${earlier.size} events of ${since}, as they were`
        : `it does not show the ${earlier.size} events of ${since}: that checkpoint lies ${earlier.size < header.from ? 'before' : 'after'} what can be computed from it`,
    );
  console.log(`SHA-256 of the file: ${found.file.sha256()}`);
}

/** Holds an archive against the acts of its log. */
function heldAgainst({ erased, dropped }, { header, problems, leaves, file, erased: gone }, notes) {
  for (const position of gone)
    if (!erased.has(position)) problems.push(`event ${position}: its body is gone, and no act says that it was erased`);
  const act = dropped.findLast(({ from, to }) => from === header.from && to === header.to);
  if (!act) return void notes.push('the acts do not say that it was dropped');
  if (act.leaves !== leaves) problems.push('the act that drops these events speaks of others');
  else if (act.archive === null) notes.push('the act that drops it names no archive');
  else if (act.archive !== file.sha256())
    problems.push(`the act that drops it names the file of SHA-256 ${act.archive}`);
  else notes.push(`the act of ${act.at} that drops it names this file`);
}
