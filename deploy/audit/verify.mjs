#!/usr/bin/env node
// Checks what an Initledger says, without it: no code is shared with the service, no package is needed, and nothing is trusted but
// the verifier key that is given. Node 18 or newer.
//
//   node verify.mjs proof FILE.tlog-proof KEY              one event: its entry, its body where the proof has it, the signed checkpoint
//   node verify.mjs log URL KEY [--since FILE] [--token T] a whole log at URL (…/api/v1/ledger/SHARD): every entry, up to its checkpoint,
//                                                          and that it goes on from an earlier checkpoint kept in FILE; of a log
//                                                          whose oldest entries were dropped, all that are kept
//   node verify.mjs archive FILE KEY                       weeks or acts that were exported: every event, up to a signed checkpoint in the
//        [--since FILE] [--acts FILE [--acts-key KEY]]     file; that it agrees with an earlier checkpoint; that the acts name this file and
//        [--prove POSITION]                                tell of what was erased; or the proof of one event. What was changed is named
//                                                          by event, or by bytes. Node 22.15 or newer
//
// KEY is a verifier key, NAME+KEYID+BASE64: keep one of your own; …/api/v1/ledger/SHARD/keys tells it the first time.
// Standards: RFC 6962 section 2.1 (tree), C2SP signed-note, tlog-checkpoint, tlog-tiles, tlog-proof. Exit code 0: it holds.
import { builtIn, bytesOf, checkpoint, fail, leaf, node, sha256 } from './notes.mjs';

const { readFileSync, writeSync } = await builtIn('node:fs');

/** RFC 9162, section 2.1.3.2. */
function rootOfPath(hash, index, size, path) {
  let [fn, sn, root] = [BigInt(index), BigInt(size) - 1n, hash];
  for (const other of path) {
    if (sn === 0n) fail('the path is too long');
    if (fn % 2n === 1n || fn === sn) {
      root = node(other, root);
      while (fn % 2n === 0n && fn !== 0n) [fn, sn] = [fn / 2n, sn / 2n];
    } else root = node(root, other);
    [fn, sn] = [fn / 2n, sn / 2n];
  }
  if (sn !== 0n) fail('the path is too short');
  return root;
}

function proof(file, key) {
  const text = readFileSync(file, 'utf8');
  const [head, ...rest] = text.split('\n\n');
  const lines = head.split('\n');
  if (lines.shift() !== 'c2sp.org/tlog-proof@v1') fail('the file is no tlog-proof');
  const extra = lines[0]?.startsWith('extra ')
    ? bytesOf(lines.shift().slice(6), 'the extra data').toString('utf8')
    : undefined;
  const index = /^index (0|[1-9]\d*)$/.exec(lines.shift() ?? '')?.[1];
  if (index === undefined || extra === undefined) fail('the proof has no index, or no entry');
  const { entry, salt, body } = JSON.parse(extra);
  if (JSON.stringify({ entry, salt, body }) !== extra) fail('the extra data is not entry, salt and body alone');
  if (!/^[0-9a-f]*$/.test(salt ?? '')) fail('the salt is no hex');
  const said = JSON.parse(entry);
  if (String(said.i) !== index) fail(`the entry is of position ${said.i}, the proof of ${index}`);
  const { origin, size, root } = checkpoint(rest.join('\n\n'), key);
  if (Number(index) >= size) fail('the checkpoint does not come up to the event');
  const path = lines.map((line) => bytesOf(line, 'a hash of the path'));
  if (!rootOfPath(leaf(entry), index, size, path).equals(root)) fail('the entry is not in the tree of the checkpoint');
  if (body !== undefined && sha256(Buffer.from(salt, 'hex'), body).toString('hex') !== said.h)
    fail('the body is not that of the entry');
  const told = [
    `holds: event ${index} of ${origin}, which had ${size} events`,
    entry,
    body ?? '(the proof holds no body)',
  ];
  writeSync(1, `${told.join('\n')}\n`);
}

/** INDEX of a tile as tlog-tiles writes it, of so many hashes or entries. */
function tilePath(index, width) {
  const digits = String(index)
    .padStart(Math.ceil(String(index).length / 3) * 3, '0')
    .match(/\d{3}/g);
  const full = digits.map((group, at) => (at < digits.length - 1 ? `x${group}` : group)).join('/');
  return full + (width < 256 ? `.p/${width}` : '');
}

/** Entries below it were dropped; a log that has no such answer has all of them. */
async function minimumIndex(answer) {
  if (answer.status === 404) return 0;
  const text = (await answer.text()).trim();
  if (!answer.ok || !/^\d{1,15}$/.test(text) || Number(text) % 256 !== 0) fail(`minimum-index is answered ${text}`);
  return Number(text);
}

/** A growing tree: the roots of its perfect subtrees, the largest first. */
class Tree {
  /** The tree of the first `size` leaves (a multiple of 256), by the tiles above level 0 of a log of `all`. */
  static async before(size, all, getTile) {
    const tree = new Tree();
    for (let height = Math.floor(Math.log2(size || 1)); height >= 8; height -= 1) {
      if (Math.floor(size / 2 ** height) % 2 === 0) continue;
      const [level, hashes] = [Math.floor(height / 8), 2 ** (height % 8)];
      const at = Math.floor(tree.size / 256 ** level);
      const index = Math.floor(at / 256);
      const width = Math.min(256, Math.floor(all / 256 ** level) - index * 256);
      const tile = await getTile(`${level}/${tilePath(index, width)}`);
      let row = Array.from({ length: hashes }, (_, nth) =>
        tile.subarray(((at % 256) + nth) * 32, ((at % 256) + nth + 1) * 32),
      );
      while (row.length > 1) row = row.flatMap((hash, nth) => (nth % 2 ? [] : [node(hash, row[nth + 1])]));
      tree.peaks.push({ level: height, hash: row[0] });
      tree.size += 2 ** height;
    }
    return tree;
  }

  size = 0;
  peaks = [];
  add(hash) {
    let carried = { level: 0, hash };
    while (this.peaks.at(-1)?.level === carried.level)
      carried = { level: carried.level + 1, hash: node(this.peaks.pop().hash, carried.hash) };
    this.peaks.push(carried);
    this.size += 1;
  }
  root() {
    if (this.size === 0) return sha256('');
    return this.peaks.map(({ hash }) => hash).reduceRight((right, left) => node(left, right));
  }
}

async function log(url, key, { since, token }) {
  const prefix = url.replace(/\/$/, '');
  const ask = (path) => fetch(`${prefix}/${path}`, token ? { headers: { authorization: `Bearer ${token}` } } : {});
  const get = async (path) => {
    const answer = await ask(path);
    if (!answer.ok) fail(`${path} is answered ${answer.status}`);
    return Buffer.from(await answer.arrayBuffer());
  };
  const now = checkpoint((await get('checkpoint')).toString('utf8'), key);
  const earlier = since && checkpoint(readFileSync(since, 'utf8'), key);
  if (earlier && earlier.size > now.size) fail(`the log has ${now.size} events, and had ${earlier.size}`);
  const first = await minimumIndex(await ask('minimum-index'));
  if (first > now.size) fail(`entries are dropped up to ${first}, and there are ${now.size}`);
  const tree = await Tree.before(first, now.size, (path) => get(`tile/${path}`));
  const agreesWithEarlier = () => {
    if (earlier && tree.size === earlier.size && !tree.root().equals(earlier.root))
      fail(`the first ${earlier.size} events are others than they were`);
  };
  agreesWithEarlier();
  for (let index = first / 256; index * 256 < now.size; index += 1) {
    const width = Math.min(256, now.size - index * 256);
    const path = tilePath(index, width);
    const [bundle, tile] = [await get(`tile/entries/${path}`), await get(`tile/0/${path}`)];
    for (let at = 0, offset = 0; at < width; at += 1) {
      const length = bundle.readUInt16BE(offset);
      const entry = bundle.subarray(offset + 2, offset + 2 + length);
      offset += 2 + length;
      const position = index * 256 + at;
      if (JSON.parse(entry.toString('utf8')).i !== position) fail(`entry ${position} says that it is another`);
      if (!leaf(entry).equals(tile.subarray(at * 32, at * 32 + 32)))
        fail(`entry ${position} does not agree with its tile`);
      tree.add(leaf(entry));
      agreesWithEarlier();
    }
  }
  if (!tree.root().equals(now.root)) fail('the entries do not agree with the checkpoint');
  const told = first > 0 ? `events ${first} to ${now.size - 1}` : `${now.size} events`;
  const goesOn =
    earlier &&
    (earlier.size < first
      ? `; the ${earlier.size} of ${since} were dropped: what is kept is under the checkpoint, and does not show them`
      : `, and they go on from the ${earlier.size} of ${since}`);
  console.log(`holds: ${told} of ${now.origin}${goesOn ?? ''}`);
}

const [command, subject, key, ...options] = process.argv.slice(2);
const option = (name) => (options.includes(name) ? options[options.indexOf(name) + 1] : undefined);
if (command === 'proof' && subject && key) proof(subject, key);
else if (command === 'log' && subject && key)
  await log(subject, key, { since: option('--since'), token: option('--token') });
else if (command === 'archive' && subject && key) {
  const { archive } = await import('./archive.mjs');
  const [since, acts, actsKey, prove] = ['--since', '--acts', '--acts-key', '--prove'].map(option);
  archive(subject, key, { since, acts, actsKey, prove });
} else {
  console.error(
    'node verify.mjs proof FILE KEY | node verify.mjs log URL KEY [--since FILE] [--token TOKEN] | node verify.mjs archive FILE KEY [--since FILE] [--acts FILE] [--prove POSITION]',
  );
  process.exit(2);
}
