/**
 * What hosts say to each other: one message a destination and turn, many items in it.
 *
 * Every frame carries the cluster, both hosts' incarnations and the sender's epoch. A host's
 * incarnation is 128 random bits that no client is ever told, so a frame that names both was made
 * by a host that greeted us. Greetings prove knowledge of the cluster's secret by a MAC, and a
 * welcome echoes the greeter's incarnation, so an old greeting that somebody recorded is worth
 * nothing.
 */
import {createHmac, timingSafeEqual} from 'node:crypto';
import {pack, unpack} from './pack.js';

const VERSION = 1;

export const FRAME = {hello: 1, welcome: 2, data: 3} as const;
export const ITEM = {
  merge: 1,
  read: 2,
  merged: 3,
  found: 4,
  goodbye: 5,
  digest: 6,
  digested: 7,
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
export type HostItem = MergeItem | ReadItem | MergedItem | FoundItem | DigestItem | GoodbyeItem;

export type Envelope = {
  readonly cluster: string;
  readonly from: string;
  readonly fromIncarnation: string;
  /** '' in a hello: the greeter does not know it yet. */
  readonly toIncarnation: string;
  readonly epoch: number;
};

export type HostFrame = Envelope & {
  readonly kind: (typeof FRAME)[keyof typeof FRAME];
  /** Of a data frame; each item is checked by `isHostItem` before use. */
  readonly items: readonly unknown[];
  /** Of a greeting. */
  readonly mac: Uint8Array;
};

const NO_MAC = new Uint8Array(0);

export function encodeData(envelope: Envelope, items: readonly HostItem[]): Uint8Array {
  return encode(FRAME.data, envelope, items);
}

export function encodeGreeting(
  kind: typeof FRAME.hello | typeof FRAME.welcome,
  envelope: Envelope,
  to: string,
  secret: Uint8Array,
): Uint8Array {
  return encode(kind, envelope, greetingMac(kind, envelope, to, secret));
}

export function isGenuineGreeting(frame: HostFrame, to: string, secret: Uint8Array): boolean {
  const mac = greetingMac(frame.kind, frame, to, secret);
  return mac.length === frame.mac.length && timingSafeEqual(mac, frame.mac);
}

/** null for anything that is not a frame. */
export function decodeHostFrame(payload: Uint8Array): HostFrame | null {
  const parts = unpack(payload);
  if (!Array.isArray(parts) || parts.length !== 8 || parts[0] !== VERSION) {
    return null;
  }

  const [, kind, cluster, from, fromIncarnation, toIncarnation, epoch, body] = parts as unknown[];
  const strings = [cluster, from, fromIncarnation, toIncarnation];
  if (!strings.every(part => typeof part === 'string') || !Number.isSafeInteger(epoch)) {
    return null;
  }

  const isData = kind === FRAME.data && Array.isArray(body);
  const isGreeting = (kind === FRAME.hello || kind === FRAME.welcome) && body instanceof Uint8Array;
  if (!isData && !isGreeting) {
    return null;
  }

  return {
    kind,
    cluster,
    from,
    fromIncarnation,
    toIncarnation,
    epoch,
    items: isData ? (body as unknown[]) : [],
    mac: isData ? NO_MAC : (body as Uint8Array),
  } as HostFrame;
}

export function isHostItem(item: unknown): item is HostItem {
  if (!Array.isArray(item) || !isCount(item[1])) {
    return false;
  }

  switch (item[0]) {
    case ITEM.merge:
      return item.length === 6 && isAddressed(item) && item[5] instanceof Uint8Array;
    case ITEM.read:
    case ITEM.digest:
      return item.length === 5 && isAddressed(item);
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
  return isCount(item[2]) && isCount(item[3]) && typeof item[4] === 'string';
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function encode(kind: number, envelope: Envelope, body: unknown): Uint8Array {
  const {cluster, from, fromIncarnation, toIncarnation, epoch} = envelope;
  return pack([VERSION, kind, cluster, from, fromIncarnation, toIncarnation, epoch, body]);
}

function greetingMac(kind: number, envelope: Envelope, to: string, secret: Uint8Array): Uint8Array {
  const {cluster, from, fromIncarnation, toIncarnation} = envelope;
  const said = pack([kind, cluster, from, fromIncarnation, to, toIncarnation]);
  return createHmac('sha256', secret).update(said).digest();
}
