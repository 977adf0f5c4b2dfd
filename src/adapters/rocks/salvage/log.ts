/**
 * Reads the batches of one write-ahead log without the engine, which ends its replay at the first
 * bad byte and deletes the log then.
 *
 * A log is a row of pages of 32 KiB. A page is a row of pieces: checksum (4 bytes, CRC-32C of the
 * rest but the length), length (2), type (1: a whole batch; 2, 3, 4: its first, middle, last
 * piece), bytes; no piece crosses a page. A batch is a sequence (8 bytes), a count (4), and
 * operations: type (1), key, and but for a deletion value, each with its length as a varint. The
 * operations have consecutive sequences. (rocksdb/db/log_format.h and db/write_batch.cc.)
 *
 * Invariant: where a record may begin is told by the log's structure alone (see table.ts). A length
 * in a piece or batch that is damaged is trusted only when all lengths together come out even.
 */
import {FileBytes, Reader} from './bytes.js';
import {crc32c} from './crc32c.js';
import {compareVersions, DELETION, judge, VALUE, type Judge, type Version} from './version.js';

const PAGE_BYTES = 32 * 1024;
const HEAD_BYTES = 7;
const TYPE_AT = 6;
const BATCH_HEAD_BYTES = 12;
const WHOLE = 1;
const MIDDLE = 3;
const LAST = 4;

type Piece = {readonly type: number; readonly bytes: Buffer; readonly end: number};

/** Sorted, all in memory: the engine keeps its logs about as small as its memtables. */
export function logVersions(path: string, file: number, judged: Judge): Version[] {
  const log = new FileBytes(path);
  const versions: Version[] = [];
  for (const batch of batches(log, judged)) {
    versions.push(...batchVersions(batch, file, judged));
  }

  return versions.toSorted(compareVersions);
}

function* batches(log: FileBytes, judged: Judge): Generator<Buffer> {
  let open: Buffer[] | null = null;
  for (const piece of pieces(log, judged)) {
    const continues = piece?.type === MIDDLE || piece?.type === LAST;
    if (open !== null && !continues) {
      judged.onDamage();
    }

    const parts: Buffer[] | null = continues ? open : piece === null ? null : [];
    parts?.push(piece?.bytes ?? Buffer.alloc(0));
    const ends = piece?.type === WHOLE || piece?.type === LAST;
    if (ends && parts !== null) {
      yield Buffer.concat(parts);
    }

    open = ends ? null : parts;
  }
}

/** null stands for a place where pieces may be missing. */
function* pieces(log: FileBytes, judged: Judge): Generator<Piece | null> {
  for (let pageAt = 0; pageAt < log.sizeBytes; pageAt += PAGE_BYTES) {
    const page = log.at(pageAt, PAGE_BYTES);
    let isTrusted = true;
    for (let at = 0; !isEnd(page, at); ) {
      const piece = pieceAt(page, at);
      isTrusted = piece !== null && (isIntact(page, at, piece) || leadsToEnd(page, piece.end));
      if (piece === null || !isTrusted) {
        judged.onDamage();
        yield null;
        break;
      }

      yield piece;
      at = piece.end;
    }
  }
}

function pieceAt(page: Buffer, at: number): Piece | null {
  const from = at + HEAD_BYTES;
  const type = page[at + TYPE_AT] ?? 0;
  const end = from > page.length ? Infinity : from + page.readUInt16LE(at + 4);
  const isPiece = type >= WHOLE && type <= LAST && end <= page.length;
  return isPiece ? {type, bytes: page.subarray(from, end), end} : null;
}

function isIntact(page: Buffer, at: number, {end}: Piece): boolean {
  const crc = crc32c(page.subarray(at + TYPE_AT, end));
  const masked = ((crc >>> 15) | (crc << 17)) + 0xa282ead8;
  return page.readUInt32LE(at) === masked >>> 0;
}

/** What is too short for a piece, or was set aside and never written, is zero. */
function isEnd(page: Buffer, at: number): boolean {
  const rest = page.subarray(at, at + HEAD_BYTES);
  return rest.every(byte => byte === 0);
}

function leadsToEnd(page: Buffer, from: number): boolean {
  let at = from;
  while (!isEnd(page, at)) {
    at = pieceAt(page, at)?.end ?? Infinity;
    if (at === Infinity) {
      return false;
    }
  }

  return true;
}

function batchVersions(batch: Buffer, file: number, judged: Judge): Version[] {
  const reader = new Reader(batch);
  const head = reader.take(BATCH_HEAD_BYTES);
  const first = reader.ok ? head.readUIntLE(0, 6) + head.readUInt16LE(6) * 2 ** 48 : 0;
  const count = reader.ok ? head.readUInt32LE(8) : -1;
  const versions: Version[] = [];
  let operations = 0;
  for (; reader.ok && reader.left > 0; operations += 1) {
    const type = reader.take(1)[0];
    const key = reader.take(reader.varint());
    const value = type === VALUE ? reader.take(reader.varint()) : null;
    reader.ok &&= type === VALUE || type === DELETION;
    const verdict = reader.ok ? judge(judged, key, value) : null;
    if (verdict === true) {
      versions.push({key, value, sequence: first + operations, file});
    } else if (verdict === null) {
      judged.onDamage();
    }
  }

  if (!reader.ok || operations !== count) {
    judged.onDamage();
    return [];
  }

  return versions;
}
