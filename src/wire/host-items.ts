/**
 * Items: what the frames between hosts carry. Each is an array: its kind, a number, and what its
 * kind needs. The number is the asker's own, so that an answer finds its question; 0 wants none.
 */
export const ITEM = {
  merge: 1,
  read: 2,
  merged: 3,
  found: 4,
  goodbye: 5,
  digest: 6,
  digested: 7,
  keep: 8,
  readKept: 9,
  ask: 10,
  told: 11,
  gossip: 15,
} as const;

export type MergeItem = readonly [
  kind: typeof ITEM.merge,
  /** The request's number at the asking host; 0 wants no answer. */
  no: number,
  partition: number,
  partitionEpoch: number,
  name: string,
  object: Uint8Array,
];
/**
 * `digest` asks for the object's hash alone (`digested`): the copies that a quorum read compares
 * are nearly always equal, and then one of them is enough.
 */
export type ReadItem = readonly [
  kind: typeof ITEM.read | typeof ITEM.digest,
  no: number,
  partition: number,
  partitionEpoch: number,
  name: string,
];
/** `code` as in errors.ts; `text` is empty on success. */
export type MergedItem = readonly [
  kind: typeof ITEM.merged,
  no: number,
  code: number,
  text: string,
];
/** `object` is null when the key has none here, or when `code` says why there is no answer. */
export type FoundItem = readonly [
  kind: typeof ITEM.found,
  no: number,
  code: number,
  text: string,
  object: Uint8Array | null,
];
/** The object's hash (merkle/object-hash.ts) in two halves; both 0 when the key has none here. */
export type DigestItem = readonly [kind: typeof ITEM.digested, no: number, hi: number, lo: number];
/** The sender stops in order: nothing more will come from it. */
export type GoodbyeItem = readonly [kind: typeof ITEM.goodbye, no: 0];
/** For a stand-in: keep this object for the owners that could not take it. Answered as a merge. */
export type KeepItem = readonly [
  kind: typeof ITEM.keep,
  no: number,
  partition: number,
  partitionEpoch: number,
  name: string,
  object: Uint8Array,
  targets: readonly string[],
];
/** For a stand-in: what is kept for a key. Answered by `found`. */
export type ReadKeptItem = readonly [
  kind: typeof ITEM.readKept,
  no: number,
  partition: number,
  partitionEpoch: number,
  name: string,
];
/** A question of no hurry about a partition (repair, purge); its asker's family knows the body. */
export type AskItem = readonly [
  kind: typeof ITEM.ask,
  no: number,
  partition: number,
  partitionEpoch: number,
  question: number,
  body: Uint8Array,
];
/** The answer to `ask`. `body` is empty when `code` says why there is none. */
export type ToldItem = readonly [
  kind: typeof ITEM.told,
  no: number,
  code: number,
  text: string,
  body: Uint8Array,
];
export type GossipItem = readonly [kind: typeof ITEM.gossip, no: 0, body: Uint8Array];

/** Ends the question with its number. */
export type AnswerItem = MergedItem | FoundItem | DigestItem | ToldItem;
/** For one actor of the host alone, which is registered for its kind. */
export type TakenItem = KeepItem | ReadKeptItem | AskItem | GossipItem;
export type HostItem = MergeItem | ReadItem | GoodbyeItem | AnswerItem | TakenItem;

/** An answer to the peer that asked; false when it could not be sent. */
export type AnswerPeer = (item: AnswerItem) => boolean;
export type ItemTaker = (peer: string, item: TakenItem, answer: AnswerPeer) => void;

/** Owners that one hint can be for. */
const TARGETS_MAX = 15;

export function isHostItem(item: unknown): item is HostItem {
  if (!Array.isArray(item) || !isCount(item[1])) {
    return false;
  }

  switch (item[0]) {
    case ITEM.merge:
      return item.length === 6 && isAddressed(item) && isNamedObject(item);
    case ITEM.read:
    case ITEM.digest:
    case ITEM.readKept:
      return item.length === 5 && isAddressed(item) && typeof item[4] === 'string';
    case ITEM.keep:
      return item.length === 7 && isAddressed(item) && isKept(item);
    case ITEM.ask:
      return (
        item.length === 6 && isAddressed(item) && isCount(item[4]) && item[5] instanceof Uint8Array
      );
    case ITEM.told:
      return (
        item.length === 5 &&
        isCount(item[2]) &&
        typeof item[3] === 'string' &&
        item[4] instanceof Uint8Array
      );
    case ITEM.gossip:
      return item.length === 3 && item[1] === 0 && item[2] instanceof Uint8Array;
    case ITEM.merged:
      return item.length === 4 && isCount(item[2]) && typeof item[3] === 'string';
    case ITEM.found:
      return (
        item.length === 5 &&
        isCount(item[2]) &&
        typeof item[3] === 'string' &&
        (item[4] === null || item[4] instanceof Uint8Array)
      );
    case ITEM.digested:
      return item.length === 4 && isCount(item[2]) && isCount(item[3]);
    case ITEM.goodbye:
      return item.length === 2;
    default:
      return false;
  }
}

function isAddressed(item: readonly unknown[]): boolean {
  return isCount(item[2]) && isCount(item[3]);
}

function isNamedObject(item: readonly unknown[]): boolean {
  return typeof item[4] === 'string' && item[5] instanceof Uint8Array;
}

function isKept(item: readonly unknown[]): boolean {
  const targets = item[6];
  return (
    isNamedObject(item) &&
    Array.isArray(targets) &&
    targets.length > 0 &&
    targets.length <= TARGETS_MAX &&
    targets.every(target => typeof target === 'string')
  );
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
