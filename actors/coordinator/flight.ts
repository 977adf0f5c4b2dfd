/** What requests in flight have in common, and what they may use. */
import {Code, type Rejection} from '../../src/errors.js';
import type {Hash64} from '../../src/merkle/object-hash.js';
import type {HintDesk} from '../hints/hints.messages.js';
import type {Gate} from '../partition/gate.js';
import type {HostItem} from '../../src/wire/host-items.js';
import type {Answer, Reply, Request} from './coordinator.messages.js';

/**
 * After this long a silent owner's slot is given to a stand-in as well. Some times what a commit
 * takes behind a busy disk, so that load alone does not double the work, and far less than a client
 * waits.
 */
export const STAND_IN_AFTER_MS = 100;

/** One request in flight. Told of every reply to its number, and of time passing. */
export interface Flight {
  readonly no: number;
  readonly request: Request;
  onReply(reply: Reply): void;
  onTick(nowMs: number): void;
}

/** The coordinator as its flights see it. */
export interface Desk {
  /** This host's id: its slot in every quorum it coordinates. */
  readonly self: string;
  nowMs(): number;
  gate(partition: number): Gate | undefined;
  /** Of the partition, at the topology that this host knows. */
  epochOf(partition: number): number;
  /** All hosts that can stand in for the partition's owners, in order of preference. */
  standIns(partition: number): readonly string[];
  isLinked(peer: string): boolean;
  /** Whether a frame leaves for the peer at the end of this turn in any case. */
  hasMail(peer: string): boolean;
  /** Whether the host is held for dead, by others too: a belief, however well founded. */
  isDown(peer: string): boolean;
  /** False when the peer's outbox did not take the item. */
  send(peer: string, item: HostItem): boolean;
  /** Where this host keeps what it keeps in the place of others. */
  readonly hints: HintDesk;
  /** A reply from this host's own vnode, or one made up for a peer that could not be asked. */
  reply(reply: Reply): void;
  /** The request is answered; replies that come later find no flight. */
  end(flight: Flight, answer: Answer): void;
  /** The request is answered, and the flight goes on to hear replies until it is forgotten. */
  linger(flight: Flight, answer: Answer): void;
  forget(flight: Flight): void;
}

export function replyOk(no: number, slot: string, object: Reply['object'] = null): Reply {
  return {no, slot, code: Code.ok, text: '', object, digest: null, lost: false};
}

export function replyDigest(no: number, slot: string, digest: Hash64): Reply {
  return {no, slot, code: Code.ok, text: '', object: null, digest, lost: false};
}

export function replyRejected(no: number, slot: string, {code, text}: Rejection): Reply {
  return {no, slot, code, text, object: null, digest: null, lost: false};
}

export function replyLost(no: number, slot: string): Reply {
  const text = `${slot} was lost`;
  return {no, slot, code: Code.unavailable, text, object: null, digest: null, lost: true};
}

/** This host included. */
export function countReachable(hosts: readonly string[], desk: Desk): number {
  let reachable = 0;
  for (const host of hosts) {
    reachable += host === desk.self || desk.isLinked(host) ? 1 : 0;
  }

  return reachable;
}

/** Of stand-ins there is a choice, so that one held for dead is not chosen. */
export function isReachable(peer: string, desk: Desk): boolean {
  return desk.isLinked(peer) && !desk.isDown(peer);
}
