/**
 * Doors: every subscription through which clients reach this host.
 *
 * Invariants:
 *   1. No door is open before the host serves, and none stays open once it stops.
 *   2. A host is in a partition's queue group exactly while the partition's gate admits (T52), or
 *      while it stands in for owners that are all gone.
 */
import type {Message, Subscription, Transport} from '../../src/ports/transport.js';
import {HOSTS_QUEUE, partitionQueue, type Subjects} from '../../src/subjects.js';

export type DoorHandlers = {
  readonly onPlain: (message: Message) => void;
  /** Plain requests for this host and no other. */
  readonly onAddressed: (message: Message) => void;
  readonly onClient: (message: Message) => void;
  readonly onInfo: (message: Message) => void;
  /** Opens what else is to be open while the host serves; gives the subscriptions for it. */
  readonly discover: () => readonly Subscription[];
};

export class Doors {
  #open = false;
  readonly #admitting = new Set<number>();
  readonly #standingIn = new Set<number>();
  readonly #partitions = new Map<number, Subscription>();
  #others: Subscription[] = [];

  constructor(
    private readonly transport: Transport,
    private readonly subjects: Subjects,
    private readonly host: string,
    private readonly handlers: DoorHandlers,
  ) {}

  setGate(partition: number, admits: boolean): void {
    this.#set(this.#admitting, partition, admits);
  }

  setStandIn(partition: number, standsIn: boolean): void {
    this.#set(this.#standingIn, partition, standsIn);
  }

  /** `done` once the broker knows of them all: then a request cannot find nobody. */
  open(done: () => void): void {
    this.#open = true;
    const {transport, subjects, handlers} = this;
    const queue = HOSTS_QUEUE;
    this.#others = [
      transport.subscribe(subjects.client(this.host), {}, handlers.onClient),
      transport.subscribe(subjects.allAddressed(this.host), {}, handlers.onAddressed),
      transport.subscribe(subjects.info, {queue}, handlers.onInfo),
      ...subjects.allUnmapped.map(subject =>
        transport.subscribe(subject, {queue}, handlers.onPlain),
      ),
      ...handlers.discover(),
    ];
    for (const partition of [...this.#admitting, ...this.#standingIn]) {
      this.#refresh(partition);
    }

    // What is drained was subscribed to after all others, and the broker takes them in order.
    const last = transport.subscribe(subjects.event(this.host, 'opening'), {}, () => undefined);
    last.drain(done);
  }

  /** Takes no new requests; `done` once all that were already on their way were handed on. */
  close(done: () => void): void {
    this.#open = false;
    const doors = [...this.#others, ...this.#partitions.values()];
    this.#others = [];
    this.#partitions.clear();
    let left = doors.length;
    if (left === 0) {
      done();
    }

    for (const door of doors) {
      door.drain(() => {
        left -= 1;
        if (left === 0) {
          done();
        }
      });
    }
  }

  #set(partitions: Set<number>, partition: number, isIn: boolean): void {
    if (isIn) {
      partitions.add(partition);
    } else {
      partitions.delete(partition);
    }

    this.#refresh(partition);
  }

  #refresh(partition: number): void {
    const isMember = this.#admitting.has(partition) || this.#standingIn.has(partition);
    const wanted = this.#open && isMember;
    const door = this.#partitions.get(partition);
    if (wanted && door === undefined) {
      const queue = partitionQueue(partition);
      const subject = this.subjects.allOfPartition(partition);
      const opened = this.transport.subscribe(subject, {queue}, this.handlers.onPlain);
      this.#partitions.set(partition, opened);
    } else if (!wanted && door !== undefined) {
      // What is on its way is still answered, with a refusal that says to retry.
      door.drain(() => undefined);
      this.#partitions.delete(partition);
    }
  }
}
