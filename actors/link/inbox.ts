/**
 * Inbox: takes the items out of frames that reception let in, and hands each to whom it is for:
 * the coordinator, a partition's gate, or an actor that registered for its kind.
 *
 * Invariants:
 *   1. An answer goes to the incarnation that asked, or to nobody: each numbers its requests from
 *      1.
 *   2. What is not understood is counted and dropped, and the items beside it are taken.
 */
import type {Counters} from '../../src/counters.js';
import {Code, reject, type Rejection} from '../../src/errors.js';
import {NO_HASH} from '../../src/merkle/object-hash.js';
import type {Held} from '../../src/store/held.js';
import type {HostFrame} from '../../src/wire/host-frames.js';
import {
  isHostItem,
  ITEM,
  type AnswerItem,
  type AnswerPeer,
  type FlushedItem,
  type FoundItem,
  type HostItem,
  type ItemTaker,
  type MergeItem,
  type ReadItem,
  type TakenItem,
} from '../../src/wire/host-items.js';
import {decodeObject} from '../../src/wire/object-codec.js';
import type {Reply} from '../coordinator/coordinator.messages.js';
import {replyDigest, replyRejected} from '../coordinator/flight.js';
import type {Gate} from '../partition/gate.js';
import type {VnodeOperation} from '../vnode/vnode.messages.js';

export type InboxPorts = {
  readonly counters: Counters;
  /** The incarnation a peer has welcomed us with, '' while it has not. */
  readonly incarnationOf: (peer: string) => string;
  readonly goodbye: (peer: string) => void;
  readonly gate: (partition: number) => Gate | undefined;
  readonly send: (peer: string, item: HostItem) => boolean;
  readonly reply: (reply: Reply) => void;
  readonly sendBulk: (peer: string, item: HostItem) => boolean;
  /** What ends a question that was asked in bulk. */
  readonly answered: (peer: string, item: AnswerItem) => void;
  /** What ends a flush of the other way. */
  readonly flushed: (peer: string, item: FlushedItem) => void;
  /** Who takes items of a kind that is none of reads and merges. */
  readonly takers: ReadonlyMap<number, ItemTaker>;
};

export class Inbox {
  constructor(private readonly ports: InboxPorts) {}

  /** All items of a frame that was let in. */
  take({from, fromIncarnation, items}: HostFrame, inBulk: boolean): void {
    const {incarnationOf, send, sendBulk, counters} = this.ports;
    const back = inBulk ? sendBulk : send;
    const answer = (answered: AnswerItem): boolean =>
      incarnationOf(from) === fromIncarnation && back(from, answered);
    for (const item of items) {
      if (!isHostItem(item)) {
        counters.add('items_malformed');
      } else if (inBulk && isAnswer(item)) {
        this.ports.answered(from, item);
      } else {
        this.#takeItem(from, item, answer);
      }
    }
  }

  #takeItem(peer: string, item: HostItem, answer: AnswerPeer): void {
    const [kind, no] = item;
    switch (kind) {
      case ITEM.goodbye:
        this.ports.goodbye(peer);
        break;
      case ITEM.merged: {
        const [, , code, text] = item;
        this.ports.reply({no, slot: peer, code, text, object: null, digest: null, lost: false});
        break;
      }
      case ITEM.digested:
        this.ports.reply(replyDigest(no, peer, {hi: item[2], lo: item[3]}));
        break;
      case ITEM.found:
        this.#takeFound(peer, item);
        break;
      case ITEM.merge:
        this.#merge(item, answer);
        break;
      case ITEM.read:
      case ITEM.digest:
        this.#read(item, answer);
        break;
      case ITEM.flush:
        // Whatever came before it is in the mailboxes that it is for.
        answer([ITEM.flushed, no]);
        break;
      case ITEM.flushed:
        this.ports.flushed(peer, item);
        break;
      case ITEM.told:
        this.ports.counters.add('items_malformed');
        break;
      default:
        this.#handOn(peer, item, answer);
    }
  }

  #handOn(peer: string, item: TakenItem, answer: AnswerPeer): void {
    const taker = this.ports.takers.get(item[0]);
    if (taker === undefined) {
      this.ports.counters.add('items_not_taken');
    } else {
      taker(peer, item, answer);
    }
  }

  #merge([, no, partition, epoch, name, bytes]: MergeItem, answer: AnswerPeer): void {
    const done = (rejection: Rejection | null) => {
      if (no !== 0) {
        answer([ITEM.merged, no, rejection?.code ?? Code.ok, rejection?.text ?? '']);
      }
    };
    const rejection = this.#post(partition, epoch, {kind: 'merge', name, bytes, done});
    if (rejection !== null) {
      done(rejection);
    }
  }

  #read([kind, no, partition, epoch, name]: ReadItem, answer: AnswerPeer): void {
    const refuse = ({code, text}: Rejection) => answer([ITEM.found, no, code, text, null]);
    const done = (held: Held | null | Rejection) => {
      if (held !== null && 'code' in held) {
        refuse(held);
      } else if (kind === ITEM.digest) {
        const {hi, lo} = held?.hash ?? NO_HASH;
        answer([ITEM.digested, no, hi, lo]);
      } else if (!answer([ITEM.found, no, Code.ok, '', held?.bytes ?? null]) && held !== null) {
        refuse(reject(Code.unavailable, 'the object does not fit into a message'));
      }
    };
    const rejection = this.#post(partition, epoch, {kind: 'read', name, done});
    if (rejection !== null) {
      refuse(rejection);
    }
  }

  #takeFound(peer: string, [, no, code, text, bytes]: FoundItem): void {
    const {reply, counters} = this.ports;
    try {
      const object = bytes === null ? null : decodeObject(bytes);
      reply({no, slot: peer, code, text, object, digest: null, lost: false});
    } catch {
      counters.add('objects_malformed');
      const why = `${peer} answered with something that is no object`;
      reply(replyRejected(no, peer, reject(Code.unavailable, why)));
    }
  }

  #post(partition: number, epoch: number, operation: VnodeOperation): Rejection | null {
    const gate = this.ports.gate(partition);
    return gate === undefined
      ? {code: Code.unavailable, text: `stale epoch: this host is no owner of ${partition}`}
      : gate.post(operation, epoch);
  }
}

function isAnswer(item: HostItem): item is AnswerItem {
  const [kind] = item;
  return (
    kind === ITEM.merged ||
    kind === ITEM.found ||
    kind === ITEM.digested ||
    kind === ITEM.told ||
    kind === ITEM.flushed
  );
}
