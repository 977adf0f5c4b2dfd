/**
 * One version of one record, as it lies in a file of a store that is salvaged, and what makes it
 * whole.
 *
 * The engine keeps several versions of a key until it has compacted them: the one with the highest
 * sequence number counts. Once it has, it may forget the number and write 0.
 */
export type Version = {
  readonly key: Uint8Array;
  /** null: deleted. */
  readonly value: Uint8Array | null;
  readonly sequence: number;
  /** The number of the file: of versions with equal sequences that of the later file counts. */
  readonly file: number;
};

/** What those who read damaged files are given and tell. */
export type Judge = {
  /** Whether the bytes are a record, and all of it. */
  readonly isWhole: (key: Uint8Array, value: Uint8Array) => boolean;
  /** A place was met where something had been and cannot be read. */
  readonly onDamage: () => void;
};

export const DELETION = 0;
export const VALUE = 1;

/** Keys that the adapter keeps for itself begin with this byte; they are never salvaged. */
const OWN = 0;

/** True for a version that is to be handed on, false for one that is not ours, null for damage. */
export function judge(judged: Judge, key: Uint8Array, value: Uint8Array | null): boolean | null {
  if (key.length === 0) {
    return null;
  }

  return key[0] === OWN ? false : value === null || judged.isWhole(key, value) || null;
}

/** Ascending by key; of one key the version that counts comes first. */
export function compareVersions(a: Version, b: Version): number {
  return Buffer.compare(a.key, b.key) || b.sequence - a.sequence || b.file - a.file;
}

/** Merges sorted sources into one. */
export function merge(sources: ReadonlyArray<Iterator<Version>>): Iterator<Version> {
  const [first, second] = sources;
  if (first === undefined || second === undefined) {
    return first ?? [].values();
  }

  const middle = sources.length >> 1;
  return mergeTwo(merge(sources.slice(0, middle)), merge(sources.slice(middle)));
}

function* mergeTwo(left: Iterator<Version>, right: Iterator<Version>): Generator<Version> {
  let [a, b] = [left.next(), right.next()];
  while (a.done !== true || b.done !== true) {
    if (b.done === true || (a.done !== true && compareVersions(a.value, b.value) <= 0)) {
      yield a.value as Version;
      a = left.next();
    } else {
      yield b.value;
      b = right.next();
    }
  }
}

/** Of each key the version that counts, unless that is a deletion. */
export function* newest(
  versions: Iterator<Version>,
): Generator<{key: Uint8Array; value: Uint8Array}> {
  let last: Uint8Array | null = null;
  for (let next = versions.next(); next.done !== true; next = versions.next()) {
    const {key, value} = next.value;
    const isNewest = last === null || Buffer.compare(last, key) !== 0;
    last = key;
    if (isNewest && value !== null) {
      yield {key, value};
    }
  }
}
