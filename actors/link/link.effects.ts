/** Binds the effects that link.machine.ts names to the Transport port. */
import type {Clock} from '../../src/ports/clock.js';
import type {Transport} from '../../src/ports/transport.js';
import type {Subjects} from '../../src/subjects.js';
import {
  encodeData,
  encodeGreeting,
  FRAME,
  ITEM,
  type Envelope,
  type HostItem,
} from '../../src/wire/host-frames.js';
import {linkMachine} from './link.machine.js';
import {Outbox} from './outbox.js';

export type LinkPorts = {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly subjects: Subjects;
  /** This host, as its frames name it; `toIncarnation` is filled in here. */
  readonly envelope: () => Envelope;
  readonly secret: Uint8Array;
  readonly onLinked: (peer: string, linked: boolean) => void;
};

/**
 * The broker takes 1 MiB; one object is at most 768 KiB, and smaller messages let others in
 * between.
 */
const MESSAGE_BYTES_MAX = 256 * 1024;
/** About a second of writes at full load: a peer further behind than this is better told no. */
const OUTBOX_BYTES_MAX = 16 * 1024 * 1024;

/** A link's machine, bound, and the outbox it opens and closes. */
export function bindLink(ports: LinkPorts, peer: string) {
  const {transport, clock, subjects, envelope, secret, onLinked} = ports;
  const {from, fromIncarnation} = envelope();
  const reply = subjects.unheard(from, peer, fromIncarnation);
  const data = subjects.lane(peer, 'data');
  /** At the head of data frames; its `toIncarnation` is '' while not linked. */
  let head = envelope();

  const outbox = new Outbox(
    clock,
    {
      bytesMax: OUTBOX_BYTES_MAX,
      messageBytesMax: MESSAGE_BYTES_MAX,
      payloadBytesMax: () => transport.maxPayloadBytes,
    },
    (items: readonly HostItem[]) => {
      transport.publish(data, encodeData(head, items), {reply});
    },
  );

  const machine = linkMachine.provide({
    actions: {
      sayGoodbye: () => {
        outbox.post([ITEM.goodbye, 0]);
      },
      greet: () => {
        const hello = encodeGreeting(FRAME.hello, envelope(), peer, secret);
        transport.publish(subjects.lane(peer, 'admin'), hello);
      },
      connect: (_, {incarnation}) => {
        head = {...envelope(), toIncarnation: incarnation};
        outbox.open();
        onLinked(peer, true);
      },
      disconnect: () => {
        head = envelope();
        outbox.close();
        onLinked(peer, false);
      },
    },
  });

  return {machine, outbox, incarnation: () => head.toIncarnation};
}
