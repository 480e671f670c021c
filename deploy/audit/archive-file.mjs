// The file of an archive: labelled blocks, each a zstd frame (libs/event-store/README.md, "Archives"). Part of verify.mjs.
import { createHash } from 'node:crypto';
import { fstatSync, openSync, readSync } from 'node:fs';
import { zstdDecompressSync } from 'node:zlib';

import { sha256 } from './notes.mjs';

const LABEL = /^(initledger-archive (head|events|end) (\d+) (\d+) (\d+) (\d+) ([0-9a-f]{64})) ([0-9a-f]{16})\n$/;
const LABEL_MAGIC = Buffer.from('502a4d18', 'hex');
const MOST_LABEL_BYTES = 512;

/** The file of an archive: what lies where, and what of it was changed. */
export class ArchiveFile {
  problems = [];
  digest = createHash('sha256');
  constructor(file) {
    this.file = file;
    this.descriptor = openSync(file, 'r');
    this.size = fstatSync(this.descriptor).size;
  }
  bytes(at, length) {
    const buffer = Buffer.alloc(Math.max(0, Math.min(length, this.size - at)));
    for (let read = 0; read < buffer.length;)
      read += readSync(this.descriptor, buffer, read, buffer.length - read, at + read);
    return buffer;
  }
  label(at) {
    const frame = this.bytes(at, 8);
    if (frame.length < 8 || !frame.subarray(0, 4).equals(LABEL_MAGIC) || frame.readUInt32LE(4) > MOST_LABEL_BYTES)
      return;
    const length = frame.readUInt32LE(4);
    const [, words, kind, from, to, size, bytes, sha, check] =
      LABEL.exec(this.bytes(at + 8, length).toString('latin1')) ?? [];
    if (check === undefined || sha256(words).toString('hex').slice(0, 16) !== check) return;
    return { at, kind, from: +from, to: +to, size: +size, bytes: +bytes, sha, begin: at + 8 + length };
  }
  /** Where the next block begins whose label is whole. */
  next(at) {
    for (let from = at; from < this.size; from += 1 << 20) {
      const part = this.bytes(from, (1 << 20) + 3);
      for (let found = part.indexOf(LABEL_MAGIC); found >= 0; found = part.indexOf(LABEL_MAGIC, found + 1))
        if (this.label(from + found)) return from + found;
    }
    return this.size;
  }
  /** The blocks that are whole. What lies between them is told as a problem, and so is what of a changed one still says that it was. */
  *blocks() {
    let [from, ended] = ['', false];
    for (let at = 0; at < this.size;) {
      const label = this.label(at);
      if (ended || !label) {
        const next = ended ? this.size : this.next(at + 1);
        this.problems.push(
          `bytes ${at} to ${next - 1} ${ended ? 'follow its end' : `are no block${from && `: ${from}`}`}`,
        );
        at = next;
        continue;
      }
      const packed = this.bytes(label.begin, label.bytes);
      const what = label.kind === 'events' ? `events ${label.from} to ${label.to - 1}` : `its ${label.kind}`;
      at = label.begin + label.bytes;
      from = `events from ${label.to} on`;
      if (packed.length < label.bytes) this.problems.push(`it was cut short at byte ${this.size}, in ${what}`);
      else if (sha256(packed).toString('hex') !== label.sha) {
        this.problems.push(`bytes ${label.begin} to ${at - 1} were changed: ${what}`);
        yield { ...label, what, text: unpacked(packed, label.size), changed: true };
      } else {
        const text = unpacked(packed, label.size);
        if (text === undefined) this.problems.push(`bytes ${label.begin} to ${at - 1} cannot be unpacked: ${what}`);
        else yield { ...label, what, text };
      }
      ended = label.kind === 'end';
    }
    if (!ended) this.problems.push(`it was cut short: it has no end${from && `, nor ${from}`}`);
  }
  sha256() {
    const hash = createHash('sha256');
    for (let at = 0; at < this.size; at += 1 << 20) hash.update(this.bytes(at, 1 << 20));
    return hash.digest('hex');
  }
}

function unpacked(packed, size) {
  try {
    const plain = zstdDecompressSync(packed, { maxOutputLength: size + 1 });
    return plain.length === size ? plain.toString('utf8') : undefined;
  } catch {
    return undefined;
  }
}

/** What is wrong with the line of the event at `position`; and what it says, where it can be read. */
export function eventOf(line, position) {
  try {
    const { entry, salt, body } = JSON.parse(line);
    const { v, i, s, e, t, sv, r, h } = JSON.parse(entry);
    const said = body === undefined ? {} : { salt, body };
    const event = { entry, salt, body, type: t, recordedAt: r, erased: body === undefined };
    if (body !== undefined && sha256(Buffer.from(salt, 'hex'), body).toString('hex') !== h)
      return { ...event, problem: 'its body or salt is not that of its entry' };
    // Whatever could be written in two ways could be changed unseen.
    if (JSON.stringify({ entry, ...said }) !== line || JSON.stringify({ v, i, s, e, t, sv, r, h }) !== entry)
      return { ...event, problem: 'it is not written as events are' };
    return i === position ? event : { ...event, problem: `it says that it is event ${i}` };
  } catch {
    return { problem: 'it is no event' };
  }
}
