/**
 * A coordinator of h1 for single flights: peers are what the test says, the own vnode is a mailbox.
 */
import type {Answer, Reply, Request} from '../../actors/coordinator/coordinator.messages.js';
import type {Desk, Flight} from '../../actors/coordinator/flight.js';
import type {HintDesk, HintOperation} from '../../actors/hints/hints.messages.js';
import {Gate} from '../../actors/partition/gate.js';
import type {VnodeOperation} from '../../actors/vnode/vnode.messages.js';
import type {StoredObject} from '../../src/causality/object.js';
import {NO_HASH, objectHash} from '../../src/merkle/object-hash.js';
import {Mailbox} from '../../src/mailbox.js';
import {SimClock} from '../../src/sim/clock.js';
import type {HostItem} from '../../src/wire/host-items.js';

export const OWNERS = ['h1', 'h2', 'h3'];

export function requestOf(over: Partial<Request> = {}): Request {
  return {
    verb: 'get',
    partition: 7,
    name: 'b.k',
    rules: {conflicts: 'siblings', maxSiblings: 100},
    n: 3,
    r: 2,
    w: 2,
    isSloppy: false,
    isMonotonic: false,
    context: null,
    value: new Uint8Array(),
    deflated: false,
    id: '',
    deadlineMs: 1_000,
    answer: () => {},
    ...over,
  };
}

export class FakeDesk implements Desk {
  self = 'h1';
  now = 0;
  readonly linked = new Set(['h2', 'h3']);
  readonly mailbox = new Mailbox<VnodeOperation>(new SimClock(), 100);
  readonly ownGate = new Gate(7, 3, OWNERS, this.mailbox);
  readonly sent: Array<{peer: string; item: HostItem}> = [];
  readonly answers: Answer[] = [];
  readonly lingering = new Set<Flight>();
  readonly standInHosts: string[] = [];
  readonly down = new Set<string>();
  readonly mail = new Set<string>();
  readonly hintsPosted: HintOperation[] = [];
  readonly hints: HintDesk = {
    post: operation => {
      this.hintsPosted.push(operation);
      return null;
    },
  };
  /** Replies made here that wait for their turn, as in the coordinator's mailbox. */
  readonly #replies: Reply[] = [];

  constructor() {
    this.ownGate.admits = true;
  }

  nowMs(): number {
    return this.now;
  }

  hasMail(peer: string): boolean {
    return this.mail.has(peer);
  }

  gate(): Gate | undefined {
    return OWNERS.includes(this.self) ? this.ownGate : undefined;
  }

  epochOf(): number {
    return 3;
  }

  standIns(): readonly string[] {
    return this.standInHosts;
  }

  isDown(peer: string): boolean {
    return this.down.has(peer);
  }

  isLinked(peer: string): boolean {
    return this.linked.has(peer);
  }

  send(peer: string, item: HostItem): boolean {
    return this.linked.has(peer) && this.sent.push({peer, item}) > 0;
  }

  reply(reply: Reply): void {
    this.#replies.push(reply);
  }

  end(_flight: Flight, answer: Answer): void {
    this.answers.push(answer);
  }

  linger(flight: Flight, answer: Answer): void {
    this.lingering.add(flight);
    this.answers.push(answer);
  }

  forget(flight: Flight): void {
    this.lingering.delete(flight);
  }

  /** Hands on the replies that were made here. */
  turn(flight: Flight): void {
    for (const reply of this.#replies.splice(0)) {
      flight.onReply(reply);
    }
  }

  get asked(): string[] {
    return this.sent.map(({peer}) => peer);
  }
}

export function replyFrom(slot: string, over: Partial<Reply> = {}): Reply {
  return {no: 1, slot, code: 200, text: '', object: null, digest: null, lost: false, ...over};
}

export const found = (slot: string, object: StoredObject | null): Reply =>
  replyFrom(slot, {object});
/** What a slot that holds the object says of it when asked for its hash. */
export const digested = (slot: string, object: StoredObject | null): Reply =>
  replyFrom(slot, {digest: object === null ? NO_HASH : objectHash('b.k', object)});
export const refused = (slot: string): Reply =>
  replyFrom(slot, {code: 503, text: `${slot} refused`});
export const lost = (slot: string): Reply =>
  replyFrom(slot, {code: 503, text: `${slot} was lost`, lost: true});
