/**
 * Reception: what other hosts send to this one. Fences every frame, then hands it to the inbox.
 *
 * Invariants:
 *   1. Only a frame of this cluster, between the incarnations that greeted each other, is acted on.
 *   2. What is not understood or not genuine is counted and dropped; it changes nothing and is not
 *      answered.
 *   3. A peer that was born anew is greeted anew before anything it says is believed.
 *   4. A greeting of a peer that we are not linked with, or that was born anew, is answered with
 *      our own, then with the welcome. On the way to one peer messages keep their order: once it
 *      takes itself for linked, its welcome of us is already ahead of its first data, which would
 *      be fenced otherwise.
 *   5. In bulk nothing keeps its order with the rest: what comes before its greeting is dropped,
 *      and its sender hears nothing.
 */
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
import {Inbox, type InboxPorts} from './inbox.js';

/**
 * Why a peer is lost: the broker says that nobody hears it, it said goodbye, or what speaks in its
 * name is another life of it.
 */
export type Loss = 'unheard' | 'goodbye' | 'reborn';

export type ReceptionPorts = Omit<InboxPorts, 'goodbye'> & {
  readonly transport: Transport;
  readonly subjects: Subjects;
  readonly envelope: () => Envelope;
  readonly secret: Uint8Array;
  readonly isPeer: (host: string) => boolean;
  readonly welcomed: (peer: string, incarnation: string) => void;
  readonly lost: (peer: string, why: Loss) => void;
};

export class Reception {
  readonly #inbox: Inbox;

  constructor(private readonly ports: ReceptionPorts) {
    this.#inbox = new Inbox({...ports, goodbye: peer => ports.lost(peer, 'goodbye')});
  }

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
      this.#inbox.take(frame, true);
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

    this.#inbox.take(frame, false);
  }
}
