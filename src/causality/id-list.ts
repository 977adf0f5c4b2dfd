/**
 * A list of (id, stamp), sorted by id, one entry each: packed, as it is sent and stored. An entry
 * is 12 ASCII characters of id, filled up with zeros, and 7 bytes of stamp, big-endian.
 *
 * A key that is written often has dozens of them, and each of its writes takes all of them through
 * memory, network and disk on every owner. (As objects with strings, 20 entries cost a write more
 * than all the rest of it.)
 */

/** Never changed once made. Compared, copied and cloned like any bytes. */
export type IdList = Uint8Array;
export type IdStamp = {readonly id: string; readonly hlc: number};

export const EMPTY_LIST: IdList = new Uint8Array(0);

export const ID_CHARACTERS_MAX = 12;
const HLC_BYTES = 7;
const ENTRY_BYTES = ID_CHARACTERS_MAX + HLC_BYTES;
const UINT32_RANGE = 0x1_0000_0000;

export function countIds(list: IdList): number {
  return list.length / ENTRY_BYTES;
}

export function stampAt(list: IdList, entry: number): number {
  const at = entry * ENTRY_BYTES + ID_CHARACTERS_MAX;
  const high = (list[at]! << 16) | (list[at + 1]! << 8) | list[at + 2]!;
  const low = (list[at + 3]! << 24) | (list[at + 4]! << 16) | (list[at + 5]! << 8) | list[at + 6]!;
  return high * UINT32_RANGE + (low >>> 0);
}

/** Unpacked: for people, checkers and tests. */
export function idsOf(list: IdList): IdStamp[] {
  return Array.from({length: countIds(list)}, (_, entry) => {
    const from = entry * ENTRY_BYTES;
    const id = Buffer.from(list.subarray(from, from + ID_CHARACTERS_MAX)).toString('latin1');
    return {id: id.replace(/\0+$/, ''), hlc: stampAt(list, entry)};
  });
}

/** Whether bytes from outside are such a list. */
export function isIdList(bytes: Uint8Array): boolean {
  const count = countIds(bytes);
  for (let entry = 0; entry < count; entry += 1) {
    const isSorted = entry === 0 || compareEntries(bytes, entry - 1, bytes, entry) < 0;
    if (!isSorted || !isId(bytes, entry) || !isStamp(bytes, entry)) {
      return false;
    }
  }

  return Number.isInteger(count);
}

/** The entry of an id, or -1 - the place where it belongs. */
export function searchId(list: IdList, id: string): number {
  let from = 0;
  let to = countIds(list);
  while (from < to) {
    const middle = (from + to) >>> 1;
    const order = compareId(id, list, middle);
    if (order === 0) {
      return middle;
    }

    if (order > 0) {
      from = middle + 1;
    } else {
      to = middle;
    }
  }

  return -1 - from;
}

/** Whether each id of `b` is in `a`, with no later a stamp. */
export function includesIds(a: IdList, b: IdList): boolean {
  const countA = countIds(a);
  const countB = countIds(b);
  let i = 0;
  let j = 0;
  while (j < countB && countB - j <= countA - i) {
    const run = equalRun(a, i, b, j);
    i += run;
    j += run;
    if (j < countB && i < countA) {
      const order = compareEntries(a, i, b, j);
      if (order > 0 || (order === 0 && stampAt(a, i) > stampAt(b, j))) {
        return false;
      }

      i += 1;
      j += order === 0 ? 1 : 0;
    }
  }

  return j === countB;
}

/** The union, of each id the earliest stamp. */
export function uniteIds(a: IdList, b: IdList): IdList {
  const [countA, countB] = [countIds(a), countIds(b)];
  const all = new Uint8Array(a.length + b.length);
  let length = 0;
  let i = 0;
  let j = 0;
  while (i < countA || j < countB) {
    const order = i === countA ? 1 : j === countB ? -1 : compareEntries(a, i, b, j);
    const isOfA = order < 0 || (order === 0 && stampAt(a, i) <= stampAt(b, j));
    all.set(isOfA ? entries(a, i, i + 1) : entries(b, j, j + 1), length);
    length += ENTRY_BYTES;
    i += order <= 0 ? 1 : 0;
    j += order >= 0 ? 1 : 0;
  }

  return all.slice(0, length);
}

/** The list with one id more, or with its stamp if that is earlier. RangeError for no such id. */
export function includeId(list: IdList, {id, hlc}: IdStamp): IdList {
  const found = searchId(list, id);
  if (found >= 0 && stampAt(list, found) <= hlc) {
    return list;
  }

  const at = found >= 0 ? found : -1 - found;
  const tail = entries(list, found >= 0 ? at + 1 : at, countIds(list));
  const all = new Uint8Array((at + 1) * ENTRY_BYTES + tail.length);
  all.set(entries(list, 0, at));
  packEntry(all, at, id, hlc);
  all.set(tail, (at + 1) * ENTRY_BYTES);
  return all;
}

/** The list itself when all are kept. */
export function filterIds(list: IdList, isKept: (entry: number) => boolean): IdList {
  const count = countIds(list);
  const dropped: number[] = [];
  for (let entry = 0; entry < count; entry += 1) {
    if (!isKept(entry)) {
      dropped.push(entry);
    }
  }

  return dropped.length === 0 ? list : without(list, dropped);
}

/** `dropped` in order. Copies what lies between, since mostly one is dropped of many. */
function without(list: IdList, dropped: readonly number[]): IdList {
  const all = new Uint8Array(list.length - dropped.length * ENTRY_BYTES);
  let length = 0;
  let from = 0;
  for (const entry of [...dropped, countIds(list)]) {
    const between = entries(list, from, entry);
    all.set(between, length);
    length += between.length;
    from = entry + 1;
  }

  return all;
}

/**
 * How many entries from `i` and from `j` on are the same, at least. Two states of one key differ in
 * an entry or two of many, and to compare memory in large pieces is many times as fast.
 */
function equalRun(a: IdList, i: number, b: IdList, j: number): number {
  let run = 0;
  let piece = Math.min(countIds(a) - i, countIds(b) - j);
  while (piece > 0 && isEqualEntry(a, i + run, b, j + run)) {
    const one = entries(a, i + run, i + run + piece);
    const other = entries(b, j + run, j + run + piece);
    if (Buffer.compare(one, other) === 0) {
      return run + piece;
    }

    run += 1;
    piece >>= 1;
  }

  return run;
}

function entries(list: IdList, from: number, to: number): Uint8Array {
  return list.subarray(from * ENTRY_BYTES, to * ENTRY_BYTES);
}

function packEntry(list: Uint8Array, entry: number, id: string, hlc: number): void {
  const from = entry * ENTRY_BYTES;
  for (let i = 0; i < id.length; i += 1) {
    const character = id.charCodeAt(i);
    if (i >= ID_CHARACTERS_MAX || character === 0 || character > 0x7f) {
      throw new RangeError(`'${id}' is not ${ID_CHARACTERS_MAX} ASCII characters, or fewer`);
    }

    list[from + i] = character;
  }

  let rest = hlc;
  for (let at = from + ENTRY_BYTES - 1; at >= from + ID_CHARACTERS_MAX; at -= 1) {
    list[at] = rest % 256;
    rest = Math.floor(rest / 256);
  }
}

/** Safe integers have 53 bits. */
function isStamp(list: Uint8Array, entry: number): boolean {
  return list[entry * ENTRY_BYTES + ID_CHARACTERS_MAX]! < 0x20;
}

/** ASCII, at least one character, zeros at the end only. */
function isId(list: Uint8Array, entry: number): boolean {
  const from = entry * ENTRY_BYTES;
  const to = from + ID_CHARACTERS_MAX;
  let at = from;
  while (at < to && list[at]! !== 0 && list[at]! <= 0x7f) {
    at += 1;
  }

  const isEmpty = at === from;
  while (at < to && list[at] === 0) {
    at += 1;
  }

  return !isEmpty && at === to;
}

function compareId(id: string, list: IdList, entry: number): number {
  const from = entry * ENTRY_BYTES;
  for (let i = 0; i < ID_CHARACTERS_MAX; i += 1) {
    const difference = (i < id.length ? id.charCodeAt(i) : 0) - list[from + i]!;
    if (difference !== 0) {
      return difference;
    }
  }

  return id.length > ID_CHARACTERS_MAX ? 1 : 0;
}

function isEqualEntry(a: IdList, i: number, b: IdList, j: number): boolean {
  return compareEntries(a, i, b, j) === 0 && stampAt(a, i) === stampAt(b, j);
}

/** By id. */
function compareEntries(a: IdList, i: number, b: IdList, j: number): number {
  const fromA = i * ENTRY_BYTES;
  const fromB = j * ENTRY_BYTES;
  for (let at = 0; at < ID_CHARACTERS_MAX; at += 1) {
    const difference = a[fromA + at]! - b[fromB + at]!;
    if (difference !== 0) {
      return difference;
    }
  }

  return 0;
}
