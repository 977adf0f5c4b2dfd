/**
 * A simulated network: one broker, and a connection to it for each host.
 *
 * All time comes from the clock and all chance from the random that it is made with: the same seed
 * and the same calls give the same messages at the same times.
 *
 * Invariants:
 *   1. A cut connection is noticed late, by its host and by the broker each in its own time; until
 *      then the broker still chooses it from queue groups.
 *   2. A connection that is healed before anyone noticed goes on, with what was held back;
 *      otherwise that is lost and the host dials again.
 *   3. Nothing of a crashed host runs again, and its name is free for the next.
 *   4. A host that stands still hears nothing, not even that its connection is lost, until it goes
 *      on; the broker gives up on it as on one that is cut.
 *   5. While the broker is gone nothing is connected and no message is on its way.
 */
import type {Clock, TimerId} from '../ports/clock.js';
import {SimBroker} from './broker.js';
import {Line} from './line.js';
import {calm, type NetworkFaults, type Range} from './network-faults.js';
import type {SimRandom} from './random.js';
import {type Fate, SimTransport} from './transport.js';

export type SimNetworkOptions = {
  readonly clock: Clock;
  /** A stream of its own, such as `random.stream('network')`. */
  readonly random: SimRandom;
  readonly faults?: NetworkFaults;
  /** Default 1 MiB, as a broker's own. */
  readonly maxPayloadBytes?: number;
  /** The broker's subject mappings. Default: none. */
  readonly mapping?: (subject: string) => string;
  /** Which messages the fault `repeat` may repeat, by subject. Default: all. */
  readonly mayRepeat?: (subject: string) => boolean;
  /** Told what became of each message, and for which connection; for traces. */
  readonly observe?: (fate: Fate, connection: string, subject: string) => void;
};

/** Which way a cut goes: the other way still works, which no end can tell from a full cut. */
export type Cut = 'both' | 'toBroker' | 'fromBroker';

type Connection = {
  readonly transport: SimTransport;
  readonly toBroker: Line;
  readonly fromBroker: Line;
  cut: boolean;
  frozen: boolean;
  timers: TimerId[];
};

export class SimNetwork {
  /** In force for what is sent from now on. */
  faults: NetworkFaults;
  readonly #options: SimNetworkOptions;
  readonly #broker: SimBroker;
  readonly #connections = new Map<string, Connection>();
  #hasBroker = true;

  constructor(options: SimNetworkOptions) {
    this.#options = options;
    this.faults = options.faults ?? calm;
    this.#broker = new SimBroker(options.random, options.mapping ?? (subject => subject));
  }

  /** A connection under a name that no other uses; `cut`, `heal` and `crash` go by it. */
  connect(name: string): SimTransport {
    const {clock, random, observe, maxPayloadBytes = 1_048_576, mayRepeat} = this.#options;
    if (this.#connections.has(name)) {
      throw new Error(`there is a connection '${name}' already`);
    }
    const toBroker = new Line(clock, random, () => this.faults);
    const fromBroker = new Line(clock, random, () => this.faults);
    const transport: SimTransport = new SimTransport({
      // Not the next one of that name: closing takes time, and its host may have crashed meanwhile.
      closed: () => this.#forget(name, transport),
      clock,
      broker: this.#broker,
      toBroker,
      fromBroker,
      maxPayloadBytes,
      mayRepeat: mayRepeat ?? (() => true),
      observe: (fate, subject) => observe?.(fate, name, subject),
    });
    const connection = {transport, toBroker, fromBroker, cut: false, frozen: false, timers: []};
    this.#connections.set(name, connection);
    if (!this.#hasBroker) {
      this.#sever(connection);
    }

    return transport;
  }

  get names(): readonly string[] {
    return [...this.#connections.keys()];
  }

  cut(name: string, which: Cut = 'both'): void {
    const connection = this.#connection(name);
    if (which !== 'fromBroker') {
      connection.toBroker.cut();
    }
    if (which !== 'toBroker') {
      connection.fromBroker.cut();
    }
    const isGoneAlready = connection.cut || connection.frozen || !this.#hasBroker;
    connection.cut = true;
    if (isGoneAlready) {
      return;
    }
    const {transport} = connection;
    this.#stopTimers(connection);
    connection.timers = [
      this.#later(this.faults.detectMs, () => transport.lose()),
      this.#later(this.faults.detectMs, () => this.#broker.end(transport.session)),
    ];
  }

  isCut(name: string): boolean {
    return this.#connections.get(name)?.cut === true;
  }

  /** Of a host that stands still this does nothing until it goes on, and so while no broker is. */
  heal(name: string): void {
    const connection = this.#connection(name);
    const {transport, toBroker, fromBroker} = connection;
    connection.cut = false;
    if (connection.frozen || !this.#hasBroker) {
      return;
    }

    this.#stopTimers(connection);
    const unnoticed = transport.connected && this.#broker.has(transport.session);
    if (!unnoticed) {
      toBroker.reset();
      fromBroker.reset();
    }
    toBroker.mend();
    fromBroker.mend();
    if (unnoticed) {
      return;
    }
    this.#broker.end(transport.session);
    transport.lose();
    connection.timers = [this.#later(this.faults.redialMs, () => transport.dial())];
  }

  /** The host stands still until `thaw`, which also mends a cut. */
  freeze(name: string): void {
    const connection = this.#connection(name);
    const {transport, fromBroker} = connection;
    connection.frozen = true;
    fromBroker.cut();
    this.#stopTimers(connection);
    connection.timers = [
      this.#later(this.faults.detectMs, () => this.#broker.end(transport.session)),
    ];
  }

  thaw(name: string): void {
    this.#connection(name).frozen = false;
    this.heal(name);
  }

  /** The broker's process ends: every connection is lost, with all that was on its way. */
  loseBroker(): void {
    this.#hasBroker = false;
    for (const connection of this.#connections.values()) {
      this.#sever(connection);
    }
  }

  /** A new broker, that knows nobody yet: whoever lost the last one dials it. */
  restoreBroker(): void {
    this.#hasBroker = true;
    for (const [name, {cut}] of this.#connections) {
      if (!cut) {
        this.heal(name);
      }
    }
  }

  #sever(connection: Connection): void {
    const {transport, toBroker, fromBroker, frozen} = connection;
    this.#stopTimers(connection);
    for (const line of [toBroker, fromBroker]) {
      line.reset();
      line.cut();
    }

    this.#broker.end(transport.session);
    if (!frozen) {
      transport.lose();
    }
  }

  /** The host's process ends at once. The broker learns of it from the closed socket. */
  crash(name: string): void {
    const connection = this.#connection(name);
    const {transport} = connection;
    this.#stopTimers(connection);
    this.#connections.delete(name);
    connection.fromBroker.reset();
    transport.crash();
    const end = () => this.#broker.end(transport.session);
    // Behind all that it has sent, its dial perhaps; and past a cut the broker learns of it too.
    connection.toBroker.sendCommand(end);
    if (connection.cut) {
      this.#later(this.faults.detectMs, end);
    }
  }

  /** The broker learns at once of all connections that ended behind a cut. */
  noticeEnds(): void {
    const open = [...this.#connections.values()].map(({transport}) => transport.session);
    this.#broker.endAllBut(new Set(open));
  }

  #forget(name: string, transport: SimTransport): void {
    if (this.#connections.get(name)?.transport === transport) {
      this.#connections.delete(name);
    }
  }

  #connection(name: string): Connection {
    const connection = this.#connections.get(name);
    if (connection === undefined) {
      throw new Error(`there is no connection '${name}'`);
    }
    return connection;
  }

  #stopTimers(connection: Connection): void {
    for (const timer of connection.timers) {
      this.#options.clock.clearTimeout(timer);
    }
    connection.timers = [];
  }

  #later(range: Range, run: () => void): TimerId {
    return this.#options.clock.setTimeout(run, this.#options.random.between(...range));
  }
}
