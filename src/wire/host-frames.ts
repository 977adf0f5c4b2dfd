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
import type {HostItem} from './host-items.js';
import {pack, unpack} from './pack.js';

const VERSION = 1;

export const FRAME = {hello: 1, welcome: 2, data: 3} as const;
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

function encode(kind: number, envelope: Envelope, body: unknown): Uint8Array {
  const {cluster, from, fromIncarnation, toIncarnation, epoch} = envelope;
  return pack([VERSION, kind, cluster, from, fromIncarnation, toIncarnation, epoch, body]);
}

function greetingMac(kind: number, envelope: Envelope, to: string, secret: Uint8Array): Uint8Array {
  const {cluster, from, fromIncarnation, toIncarnation} = envelope;
  const said = pack([kind, cluster, from, fromIncarnation, to, toIncarnation]);
  return createHmac('sha256', secret).update(said).digest();
}
