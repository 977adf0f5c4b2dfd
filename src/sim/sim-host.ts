/**
 * One simulated host: a disk that outlives it, and the process that runs on it, again and again.
 *
 *   down --start--> up --stop--> stopping --> down        up, stopping --crash--> down
 *
 * Invariants:
 *   1. Nothing of a process runs after its crash: no timer, no callback of its disk, no message.
 *   2. A host that failed on its own ends like a process that exits, and is down until it is
 *      started again.
 */
import type {HostConfig} from '../../actors/host/config.js';
import {startHost, type RunningHost} from '../../actors/host/host.effects.js';
import type {Storage} from '../ports/storage.js';
import type {Transport} from '../ports/transport.js';
import type {SimClock, SimHostClock} from './clock.js';
import {SimDisk} from './disk.js';
import type {SimNetwork} from './network.js';
import type {SimRandom} from './random.js';

export type SimHostParts = {
  readonly clock: SimClock;
  readonly network: SimNetwork;
  /** A stream of this host's own. */
  readonly random: SimRandom;
  readonly config: HostConfig;
  /** How far its wall clock is off at first. */
  readonly wallOffsetMs: number;
  /** Puts an observer around its ports, or a fault that the ports themselves do not know. */
  readonly wrapStorage: (storage: Storage) => Storage;
  readonly wrapTransport: (transport: Transport) => Transport;
  readonly tell: (what: string) => void;
  /** An actor crashed, or the host failed, and nobody had asked for it. */
  readonly onBreak: (what: string) => void;
  readonly onVnodeCrash: (partition: number) => void;
  readonly onStart: () => void;
  /** Calls what may take something from the disk. */
  readonly losing: (lose: () => void) => void;
  readonly onDown: (host: SimHost) => void;
};

type Life = {readonly clock: SimHostClock; readonly host: RunningHost | null};

export class SimHost {
  readonly disk: SimDisk;
  state: 'down' | 'up' | 'stopping' = 'down';
  isReady = false;
  isFrozen = false;
  #wallOffsetMs: number;
  #lives = 0;
  #life: Life | null = null;

  constructor(private readonly parts: SimHostParts) {
    this.disk = new SimDisk(parts.random.stream('disk'));
    this.#wallOffsetMs = parts.wallOffsetMs;
  }

  get id(): string {
    return this.parts.config.id;
  }

  get running(): RunningHost | null {
    return this.#life?.host ?? null;
  }

  start(): void {
    if (this.state !== 'down') {
      return;
    }

    const {clock: simClock, network, config, tell} = this.parts;
    this.#lives += 1;
    const random = this.parts.random.stream(`life ${this.#lives}`);
    const clock = simClock.hostView(this.#wallOffsetMs);
    const storage = this.disk.storage(clock, random.stream('disk times'));
    const transport = this.parts.wrapTransport(network.connect(this.id));
    const bulk = this.parts.wrapTransport(network.connect(bulkOf(this.id)));
    const life = this.#lives;
    const ifThisLife = (run: () => void) => () => {
      if (life === this.#lives && this.state !== 'down') {
        run();
      }
    };
    this.state = 'up';
    this.isReady = false;
    tell(`${this.id} starts`);
    this.parts.onStart();
    this.#life = {clock, host: null};
    const host = startHost(
      {
        clock,
        random: random.stream('host'),
        storage: this.parts.wrapStorage(storage),
        transport,
        bulk,
        exit: ifThisLife(() => this.crash({loseUnsynced: true})),
      },
      config,
      {
        onReady: ifThisLife(() => {
          this.isReady = true;
          tell(`${this.id} is ready`);
        }),
        onEvent: (kind, details) => ifThisLife(() => this.#event(kind, details))(),
        onStopped: ifThisLife(() => this.#stopped([transport, bulk], life)),
        onFailed: failure =>
          ifThisLife(() => {
            tell(`${this.id} failed: ${String(failure)}`);
            if (!isMeant(String(failure))) {
              this.parts.onBreak(`${this.id} failed: ${String(failure)}`);
            }

            this.crash({loseUnsynced: false});
          })(),
      },
    );
    if (this.#life?.clock === clock) {
      this.#life = {clock, host};
    }
  }

  /** In order: it finishes what it began. */
  stop(): void {
    if (this.state === 'up') {
      this.parts.tell(`${this.id} stops`);
      this.state = 'stopping';
      this.running?.stop();
    }
  }

  /** The process ends at once; with `loseUnsynced` the machine's power goes too. */
  crash({loseUnsynced}: {readonly loseUnsynced: boolean}): void {
    if (this.state === 'down') {
      return;
    }

    this.parts.tell(`${this.id} crashes${loseUnsynced ? ' and loses power' : ''}`);
    this.#end();
    this.parts.losing(() => this.disk.crash({loseUnsynced}));
    this.#eachConnection(name => this.parts.network.crash(name));

    this.parts.onDown(this);
  }

  /** Its process gets no time any more: timers, disk and network wait for it. */
  freeze(): void {
    this.parts.tell(`${this.id} stands still`);
    this.isFrozen = true;
    this.#life?.clock.freeze();
    this.#eachConnection(name => this.parts.network.freeze(name));
  }

  thaw(): void {
    if (this.isFrozen) {
      this.parts.tell(`${this.id} goes on`);
      this.isFrozen = false;
      this.#eachConnection(name => this.parts.network.thaw(name));
      this.#life?.clock.thaw();
    }
  }

  /** Its wall clock shows another time from now on, and after each start. */
  jump(byMs: number): void {
    this.#wallOffsetMs += byMs;
    if (this.#life !== null) {
      this.#life.clock.wallOffsetMs = this.#wallOffsetMs;
    }
  }

  #eachConnection(each: (name: string) => void): void {
    const {names} = this.parts.network;
    [this.id, bulkOf(this.id)].filter(name => names.includes(name)).forEach(each);
  }

  #event(kind: string, details: Readonly<Record<string, unknown>>): void {
    this.parts.tell(`${this.id} ${kind} ${JSON.stringify(details)}`);
    if (kind === 'crash' && !isMeant(String(details['error']))) {
      this.parts.onBreak(
        `${this.id}: ${String(details['actor'])} crashed: ${String(details['error'])}`,
      );
    }

    const partition = /^partition\.(\d+)\/vnode$/.exec(String(details['actor']))?.[1];
    if (kind === 'crash' && partition !== undefined) {
      this.parts.onVnodeCrash(Number(partition));
    }
  }

  #stopped([first, ...others]: readonly Transport[], life: number): void {
    if (first !== undefined) {
      first.close(() => this.#stopped(others, life));
    } else if (life === this.#lives && this.state === 'stopping') {
      this.parts.tell(`${this.id} has stopped`);
      this.#end();
      this.parts.onDown(this);
    }
  }

  #end(): void {
    this.state = 'down';
    this.isReady = false;
    this.isFrozen = false;
    this.#life?.clock.stop();
    this.#life = null;
  }
}

/**
 * What a failpoint or a failing disk brings about, at once or by a vnode that crashed too often.
 */
function isMeant(failure: string): boolean {
  return /FailpointHit|StorageFailure/.test(failure);
}

/** The name of a host's second connection. */
export function bulkOf(host: string): string {
  return `${host}.bulk`;
}
