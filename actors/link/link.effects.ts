/** Binds the effects that link.machine.ts names to the Transport port. */
import type {Clock} from '../../src/ports/clock.js';
import type {Transport} from '../../src/ports/transport.js';
import type {Subjects} from '../../src/subjects.js';
import {encodeData, encodeGreeting, type Envelope, FRAME} from '../../src/wire/host-frames.js';
import {type HostItem, ITEM} from '../../src/wire/host-items.js';
import {linkMachine} from './link.machine.js';
import {Outbox} from './outbox.js';

export type LinkPorts = {
  readonly transport: Transport;
  /** Another connection, for what must never delay a request. */
  readonly bulk: Transport;
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

/** In bulk items wait for windows, not for the outbox. */
const BULK_BYTES_MAX = 4 * 1024 * 1024;

/** A link's machine, bound, and the outboxes it opens and closes. */
export function bindLink(ports: LinkPorts, peer: string) {
  const {transport, bulk: bulkTransport, clock, subjects, envelope, secret, onLinked} = ports;
  const {from, fromIncarnation} = envelope();
  const reply = subjects.unheard(from, peer, fromIncarnation);
  const data = subjects.lane(peer, 'data');
  /** At the head of data frames; its `toIncarnation` is '' while not linked. */
  let head = envelope();

  const outboxTo = (
    carrier: Transport,
    bytesMax: number,
    publish: (payload: Uint8Array) => void,
  ): Outbox =>
    new Outbox(
      clock,
      {
        bytesMax,
        messageBytesMax: MESSAGE_BYTES_MAX,
        payloadBytesMax: () => carrier.maxPayloadBytes,
      },
      (items: readonly HostItem[]) => publish(encodeData(head, items)),
    );
  const outbox = outboxTo(transport, OUTBOX_BYTES_MAX, payload =>
    transport.publish(data, payload, {reply}),
  );
  const bulk = outboxTo(bulkTransport, BULK_BYTES_MAX, payload =>
    bulkTransport.publish(subjects.bulk(peer), payload),
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
        bulk.open();
        onLinked(peer, true);
      },
      disconnect: () => {
        head = envelope();
        outbox.close();
        bulk.close();
        onLinked(peer, false);
      },
    },
  });

  return {machine, outbox, bulk, incarnation: () => head.toIncarnation};
}
