/**
 * Reads the records of one table (SST file) without the engine, which gives up a whole table, and
 * with it the store, for one bad byte in its index.
 *
 * A table is a row of blocks, then index and other meta blocks, then a footer that names them. A
 * block is a row of entries, the offsets of those with a whole key, their count, and 5 bytes of the
 * engine's own check. An entry is three varints (bytes of its key shared with the key before, bytes
 * of its own, bytes of its value), the key's own bytes, and the value. A key ends with 8 bytes:
 * type, then sequence. (rocksdb/table/block_based/format.cc and block_builder.cc, format version 6,
 * as this build of the engine writes it: no compression, one index block.)
 *
 * Invariants:
 *   1. Where a record may begin is told by the table's structure alone, never searched for: a value
 *      may look like a record, and clients choose values.
 *   2. What is handed on is ascending and whole.
 */
import {FileBytes, PIECE_BYTES_MAX, Reader} from './bytes.js';
import {compareVersions, DELETION, judge, VALUE, type Judge, type Version} from './version.js';

const MAGIC = Buffer.from('f7cff485b741e288', 'hex');
const FOOTER_BYTES = 53;
const META_SIZE_AT = 13;
const CHECK_BYTES = 5;
const TRAILER_BYTES = 8;
/** Three varints of 32 bits. */
const ENTRY_HEAD_BYTES = 15;
const INDEX_NAME = 'rocksdb.index';
const NO_KEY: Buffer = Buffer.alloc(0);

type Extent = {readonly at: number; readonly size: number};
type Piece = {readonly key: Buffer; readonly value: Buffer; readonly end: number};

export function* tableVersions(path: string, file: number, judged: Judge): Generator<Version> {
  const table = new FileBytes(path);
  let last: Version | null = null;
  for (const extent of indexed(table) ?? walked(table, judged)) {
    const block = table.at(extent.at, extent.size);
    for (const version of blockVersions(block, file, judged)) {
      if (last === null || compareVersions(last, version) < 0) {
        last = version;
        yield version;
      }
    }
  }
}

/** Where the blocks with records lie, by the index; null when it cannot be trusted. */
function indexed(table: FileBytes): Extent[] | null {
  const footerAt = table.sizeBytes - FOOTER_BYTES;
  const footer = table.at(Math.max(0, footerAt), FOOTER_BYTES);
  if (footer.length < FOOTER_BYTES || !footer.subarray(-MAGIC.length).equals(MAGIC)) {
    return null;
  }

  const metaSize = footer.readUInt32LE(META_SIZE_AT);
  const metaAt = footerAt - CHECK_BYTES - metaSize;
  const index = metaAt < 0 ? null : indexNamedIn(table.at(metaAt, metaSize));
  return index === null ? null : extentsIn(table.at(index.at, index.size));
}

function indexNamedIn(meta: Buffer): Extent | null {
  let previous = NO_KEY;
  for (let at = 0; ; ) {
    const entry = pieceAt(meta, at, previous);
    if (entry === null) {
      return null;
    }

    if (entry.key.toString('latin1') === INDEX_NAME) {
      return handleIn(new Reader(entry.value));
    }

    previous = entry.key;
    at = entry.end;
  }
}

/** Entries of the index have whole keys and no length of the value, which is the block's place. */
function extentsIn(index: Buffer): Extent[] | null {
  const entries = index.length < 4 ? 0 : index.readUInt32LE(index.length - 4);
  const reader = new Reader(index);
  const extents: Extent[] = [];
  let next = 0;
  for (let count = 0; count < entries; count += 1) {
    const shared = reader.varint();
    reader.take(reader.varint());
    const extent = handleIn(reader);
    // The blocks follow each other without a gap: so a damaged index is noticed.
    if (extent === null || shared !== 0 || extent.at !== next) {
      return null;
    }

    extents.push(extent);
    next = extent.at + extent.size + CHECK_BYTES;
  }

  return extents.length === 0 ? null : extents;
}

function handleIn(reader: Reader): Extent | null {
  const at = reader.varint();
  const size = reader.varint();
  return reader.ok && size <= PIECE_BYTES_MAX ? {at, size} : null;
}

/** Where they lie, by walking: up to the first block that is damaged so that its end is unknown. */
function* walked(table: FileBytes, judged: Judge): Generator<Extent> {
  for (let at = 0; ; ) {
    const size = walkBlock(table, at);
    if (size === null) {
      break;
    }

    yield {at, size};
    at += size + CHECK_BYTES;
  }

  // The index is unreadable, or the table ends too early: some of it may be out of reach.
  judged.onDamage();
}

/** The bytes of the block that begins at `from`; null when no block does. */
function walkBlock(table: FileBytes, from: number): number | null {
  const wholeKeys = new Set<number>();
  for (let at = from; ; ) {
    const head = new Reader(table.at(at, ENTRY_HEAD_BYTES));
    const [shared, own, value] = [head.varint(), head.varint(), head.varint()];
    const size = head.at + own + value;
    if (!head.ok || shared + own < TRAILER_BYTES || size > PIECE_BYTES_MAX) {
      return endOfBlock(table, at, from, wholeKeys);
    }

    if (shared === 0) {
      wholeKeys.add(at - from);
    }

    at += size;
  }
}

/** Only where offsets of whole keys, which are known by now, are followed by their count. */
function endOfBlock(
  table: FileBytes,
  from: number,
  blockAt: number,
  wholeKeys: ReadonlySet<number>,
): number | null {
  let last = -1;
  for (let count = 0; ; count += 1) {
    const at = from + count * 4;
    const word = table.at(at, 4);
    const value = word.length < 4 ? -1 : word.readUInt32LE(0);
    if (value > last && wholeKeys.has(value)) {
      last = value;
    } else {
      return count > 0 && value === count ? at + 4 - blockAt : null;
    }
  }
}

/** The entries of one block. Past a damaged one it goes on where a key is whole again. */
function* blockVersions(block: Buffer, file: number, judged: Judge): Generator<Version> {
  const restarts = restartsOf(block);
  const entries = block.subarray(0, block.length - (restarts.length + 1) * 4);
  let previous = NO_KEY;
  for (let at = 0; at < entries.length; ) {
    const entry = pieceAt(entries, at, previous);
    const version = entry === null ? null : versionOf(entry, file);
    const verdict = version === null ? null : judge(judged, version.key, version.value);
    if (version !== null && verdict === true) {
      yield version;
    }

    if (verdict === null) {
      judged.onDamage();
    }

    const whole = restarts.find(restart => restart > at) ?? entries.length;
    const framed = entry !== null && (verdict !== null || leadsTo(entries, entry.end, whole));
    previous = framed ? entry.key : NO_KEY;
    at = framed ? entry.end : whole;
  }
}

/** Whether the lengths of the entries lead from one place to another: then they are trusted. */
function leadsTo(block: Buffer, from: number, to: number): boolean {
  let at = from;
  while (at < to) {
    const head = new Reader(block, at);
    head.varint();
    const [own, size] = [head.varint(), head.varint()];
    at = head.ok ? head.at + own + size : Infinity;
  }

  return at === to;
}

function restartsOf(block: Buffer): number[] {
  const count = block.length < 4 ? 0 : block.readUInt32LE(block.length - 4);
  const from = block.length - (count + 1) * 4;
  return from < 0
    ? []
    : Array.from({length: count}, (_, index) => block.readUInt32LE(from + index * 4));
}

function pieceAt(block: Buffer, at: number, previous: Buffer): Piece | null {
  const reader = new Reader(block, at);
  const [shared, own, size] = [reader.varint(), reader.varint(), reader.varint()];
  const rest = reader.take(own);
  const value = reader.take(size);
  if (!reader.ok || shared > previous.length || shared + own === 0) {
    return null;
  }

  const key = shared === 0 ? rest : Buffer.concat([previous.subarray(0, shared), rest]);
  return {key, value, end: reader.at};
}

function versionOf({key, value}: Piece, file: number): Version | null {
  const at = key.length - TRAILER_BYTES;
  const type = at < 0 ? -1 : key[at];
  if (type !== VALUE && (type !== DELETION || value.length > 0)) {
    return null;
  }

  const sequence = key.readUIntLE(at + 1, 6) + (key[at + 7] ?? 0) * 2 ** 48;
  return {key: key.subarray(0, at), value: type === VALUE ? value : null, sequence, file};
}
