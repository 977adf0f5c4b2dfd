/** What requests in flight have in common, and what they may use. */
import {Code, type Rejection} from '../../src/errors.js';
import type {Hash64} from '../../src/merkle/object-hash.js';
import type {Gate} from '../partition/gate.js';
import type {HostItem} from '../../src/wire/host-items.js';
import type {Answer, Reply, Request} from './coordinator.messages.js';

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
  isLinked(peer: string): boolean;
  /** False when the peer's outbox did not take the item. */
  send(peer: string, item: HostItem): boolean;
  /** A reply from this host's own vnode, or one made up for a peer that could not be asked. */
  reply(reply: Reply): void;
  /** The request is answered; replies that come later find no flight. */
  end(flight: Flight, answer: Answer): void;
  /** Sends an object to owners that were found to hold less. */
  repair(request: Request, bytes: Uint8Array, slots: readonly string[]): void;
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
export function countReachable(owners: readonly string[], desk: Desk): number {
  let reachable = 0;
  for (const owner of owners) {
    reachable += owner === desk.self || desk.isLinked(owner) ? 1 : 0;
  }

  return reachable;
}
