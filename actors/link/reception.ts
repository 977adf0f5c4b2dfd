/**
 * Reception: what other hosts send to this one. Fences every frame, then hands its items on.
 *
 * Invariants:
 *   1. Only a frame of this cluster, between the incarnations that greeted each other, is acted on.
 *   2. What is not understood or not genuine is counted and dropped; it changes nothing and is not
 *      answered.
 *   3. A peer that was born anew is greeted anew before anything it says is believed.
 *   4. An answer goes to the incarnation that asked, or to nobody: each numbers its requests from
 *      1.
 *   5. A greeting of a peer that we are not linked with, or that was born anew, is answered with
 *      our own, then with the welcome. On the way to one peer messages keep their order: once it
 *      takes itself for linked, its welcome of us is already ahead of its first data, which would
 *      be fenced otherwise.
 *   6. In bulk nothing keeps its order with the rest: what comes before its greeting is dropped,
 *      and its sender hears nothing.
 */
import {Code, reject, type Rejection} from '../../src/errors.js';
import type {Counters} from '../../src/counters.js';
import type {Message, Transport} from '../../src/ports/transport.js';
import type {Subjects} from '../../src/subjects.js';
import {
  decodeHostFrame,
  encodeGreeting,
  type Envelope,
  FRAME,
  type HostFrame,
  isGenuineGreeting,
} from '../../src/wire/host-frames.js';
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
import {NO_HASH} from '../../src/merkle/object-hash.js';
import type {Held} from '../../src/store/held.js';
import {decodeObject} from '../../src/wire/object-codec.js';
import type {Reply} from '../coordinator/coordinator.messages.js';
import {replyDigest, replyRejected} from '../coordinator/flight.js';
import type {Gate} from '../partition/gate.js';
import type {VnodeOperation} from '../vnode/vnode.messages.js';

/**
 * Why a peer is lost: the broker says that nobody hears it, it said goodbye, or what speaks in its
 * name is another life of it.
 */
export type Loss = 'unheard' | 'goodbye' | 'reborn';

export type ReceptionPorts = {
  readonly transport: Transport;
  readonly subjects: Subjects;
  readonly counters: Counters;
  readonly envelope: () => Envelope;
  readonly secret: Uint8Array;
  readonly isPeer: (host: string) => boolean;
  /** The incarnation a peer has welcomed us with, '' while it has not. */
  readonly incarnationOf: (peer: string) => string;
  readonly welcomed: (peer: string, incarnation: string) => void;
  readonly lost: (peer: string, why: Loss) => void;
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

export class Reception {
  constructor(private readonly ports: ReceptionPorts) {}

  /** For `<root>.h.<this host>.>`. Never throws for what is received. */
  onMessage(message: Message): void {
    const {subjects, counters} = this.ports;
    if (message.unheard) {
      const peer = subjects.peerOfUnheard(message.subject, this.ports.envelope().fromIncarnation);
      if (this.ports.isPeer(peer)) {
        this.ports.lost(peer, 'unheard');
      } else {
        counters.add('frames_forged');
      }

      return;
    }

    const frame = decodeHostFrame(message.payload);
    if (frame === null) {
      const isBallast = message.subject === subjects.ballast(this.ports.envelope().from);
      counters.add(isBallast ? 'ballast_read' : 'frames_malformed');
    } else if (frame.cluster !== this.ports.envelope().cluster || !this.ports.isPeer(frame.from)) {
      counters.add('frames_foreign');
    } else if (frame.kind === FRAME.data) {
      this.#takeData(frame);
    } else if (isGenuineGreeting(frame, this.ports.envelope().from, this.ports.secret)) {
      this.#takeGreeting(frame);
    } else {
      counters.add('frames_forged');
    }
  }

  /** For what came in bulk. Never throws for what is received. */
  onBulk(message: Message): void {
    const {counters, envelope, incarnationOf, isPeer} = this.ports;
    const frame = decodeHostFrame(message.payload);
    const me = envelope();
    if (frame === null || frame.kind !== FRAME.data) {
      counters.add('frames_malformed');
    } else if (frame.cluster !== me.cluster || !isPeer(frame.from)) {
      counters.add('frames_foreign');
    } else if (
      frame.toIncarnation === me.fromIncarnation &&
      frame.fromIncarnation === incarnationOf(frame.from)
    ) {
      this.#takeItems(frame, true);
    } else {
      counters.add('frames_fenced');
      // One of the two takes the other for its earlier life, and where nothing else is said nobody
      // would notice. Or the frame is late: then the welcome that follows changes nothing.
      this.#greet(FRAME.hello, frame.from, me);
    }
  }

  #takeGreeting(frame: HostFrame): void {
    const {envelope, welcomed, incarnationOf} = this.ports;
    const me = envelope();
    if (frame.kind === FRAME.welcome) {
      if (frame.toIncarnation === me.fromIncarnation) {
        welcomed(frame.from, frame.fromIncarnation);
      }

      return;
    }

    if (incarnationOf(frame.from) !== frame.fromIncarnation) {
      // Perhaps somebody only repeats what the peer said in an earlier life: its own welcome will
      // tell.
      this.#greet(FRAME.hello, frame.from, me);
    }

    this.#greet(FRAME.welcome, frame.from, {...me, toIncarnation: frame.fromIncarnation});
  }

  #greet(kind: typeof FRAME.hello | typeof FRAME.welcome, peer: string, said: Envelope): void {
    const {transport, subjects, secret} = this.ports;
    transport.publish(subjects.lane(peer, 'admin'), encodeGreeting(kind, said, peer, secret));
  }

  #takeData(frame: HostFrame): void {
    const {counters, envelope, incarnationOf, lost} = this.ports;
    const known = incarnationOf(frame.from);
    const isToMe = frame.toIncarnation === envelope().fromIncarnation;
    if (!isToMe || frame.fromIncarnation !== known) {
      counters.add('frames_fenced');
      if (!isToMe) {
        // It takes us for our earlier life: nothing else need ever tell it, once a greeting was
        // lost.
        this.#greet(FRAME.hello, frame.from, envelope());
      } else if (known !== '') {
        lost(frame.from, 'reborn');
      }

      return;
    }

    this.#takeItems(frame, false);
  }

  #takeItems({from, fromIncarnation, items}: HostFrame, inBulk: boolean): void {
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
        this.ports.lost(peer, 'goodbye');
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
