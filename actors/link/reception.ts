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
 */
import {Code, type Rejection} from '../../src/errors.js';
import type {Counters} from '../../src/counters.js';
import type {Message, Transport} from '../../src/ports/transport.js';
import type {Subjects} from '../../src/subjects.js';
import {
  decodeHostFrame,
  encodeGreeting,
  FRAME,
  isGenuineGreeting,
  isHostItem,
  ITEM,
  type Envelope,
  type HostFrame,
  type HostItem,
} from '../../src/wire/host-frames.js';
import {decodeObject} from '../../src/wire/object-codec.js';
import type {Reply} from '../coordinator/coordinator.messages.js';
import type {Gate} from '../partition/gate.js';
import type {VnodeOperation} from '../vnode/vnode.messages.js';

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
  readonly lost: (peer: string) => void;
  readonly gate: (partition: number) => Gate | undefined;
  readonly send: (peer: string, item: HostItem) => boolean;
  readonly reply: (reply: Reply) => void;
};

export class Reception {
  constructor(private readonly ports: ReceptionPorts) {}

  /** For `<root>.h.<this host>.>`. Never throws for what is received. */
  onMessage(message: Message): void {
    const {subjects, counters} = this.ports;
    if (message.unheard) {
      const peer = subjects.peerOfUnheard(message.subject, this.ports.envelope().fromIncarnation);
      if (this.ports.isPeer(peer)) {
        this.ports.lost(peer);
      } else {
        counters.add('frames_forged');
      }

      return;
    }

    const frame = decodeHostFrame(message.payload);
    if (frame === null) {
      counters.add('frames_malformed');
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
        lost(frame.from);
      }

      return;
    }

    for (const item of frame.items) {
      if (isHostItem(item)) {
        this.#takeItem(frame.from, frame.fromIncarnation, item);
      } else {
        counters.add('items_malformed');
      }
    }
  }

  #takeItem(peer: string, asker: string, item: HostItem): void {
    const [kind, no] = item;
    if (kind === ITEM.goodbye) {
      this.ports.lost(peer);
      return;
    }

    const answer = (answered: HostItem): boolean =>
      this.ports.incarnationOf(peer) === asker && this.ports.send(peer, answered);
    if (kind === ITEM.merged) {
      this.#reply({no, slot: peer, code: item[2], text: item[3], object: null});
    } else if (kind === ITEM.found) {
      this.#takeFound(peer, no, item[2], item[3], item[4]);
    } else if (kind === ITEM.read) {
      const found = (refused: Rejection | null, bytes: Uint8Array | null) => {
        const isSent = answer([
          ITEM.found,
          no,
          refused?.code ?? Code.ok,
          refused?.text ?? '',
          bytes,
        ]);
        if (!isSent && bytes !== null) {
          const text = 'the object does not fit into a message';
          answer([ITEM.found, no, Code.unavailable, text, null]);
        }
      };
      const rejection = this.#post(item[2], item[3], {
        kind: 'read',
        name: item[4],
        done: held =>
          held !== null && 'code' in held ? found(held, null) : found(null, held?.bytes ?? null),
      });
      if (rejection !== null) {
        found(rejection, null);
      }
    } else {
      const merged = (rejection: Rejection | null) => {
        if (no !== 0) {
          answer([ITEM.merged, no, rejection?.code ?? Code.ok, rejection?.text ?? '']);
        }
      };
      const [, , partition, epoch, name, bytes] = item;
      const operation = {kind: 'merge', name, bytes, done: merged} as const;
      const rejection = this.#post(partition, epoch, operation);
      if (rejection !== null) {
        merged(rejection);
      }
    }
  }

  #takeFound(peer: string, no: number, code: number, text: string, bytes: Uint8Array | null): void {
    try {
      const object = bytes === null ? null : decodeObject(bytes);
      this.#reply({no, slot: peer, code, text, object});
    } catch {
      this.ports.counters.add('objects_malformed');
      const why = `${peer} answered with something that is no object`;
      this.#reply({no, slot: peer, code: Code.unavailable, text: why, object: null});
    }
  }

  #reply(reply: Omit<Reply, 'lost'>): void {
    this.ports.reply({...reply, lost: false});
  }

  #post(partition: number, epoch: number, operation: VnodeOperation): Rejection | null {
    const gate = this.ports.gate(partition);
    return gate === undefined
      ? {code: Code.unavailable, text: `stale epoch: this host is no owner of ${partition}`}
      : gate.post(operation, epoch);
  }
}
