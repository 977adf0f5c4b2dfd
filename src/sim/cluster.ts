/**
 * A cluster of simulated hosts in one process: one seed, one virtual time, one broker.
 *
 * Invariants:
 *   1. All time comes from the one clock and all chance from streams of the one seed: the same seed
 *      and the same calls give the same run, event by event.
 *   2. A host shares nothing with another but what it sends.
 */
import {Subjects} from '../subjects.js';
import type {Durability} from '../../actors/store/store.effects.js';
import type {HostConfig} from '../../actors/host/config.js';
import {DEFAULT_HOST_CONFIG} from '../config.js';
import type {Storage} from '../ports/storage.js';
import {createTopology, type TopologyOptions} from '../topology/create.js';
import type {Topology} from '../topology/document.js';
import type {SimClock} from './clock.js';
import {mappingOf} from './mapping.js';
import {calm, type NetworkFaults} from './network-faults.js';
import {SimNetwork} from './network.js';
import {ObservedStorage, ObservedTransport} from './observed-ports.js';
import type {SimRandom} from './random.js';
import {SimHost} from './sim-host.js';
import type {Trace} from './trace.js';
import type {Witness} from './witness.js';

export type SimClusterOptions = {
  readonly random: SimRandom;
  readonly clock: SimClock;
  readonly trace: Trace;
  readonly topology: Omit<TopologyOptions, 'hosts'>;
  readonly hosts: number;
  /** 'fsync' when it is not given. */
  readonly durability?: Durability;
  /** As in `SIM_CONFIG` when it is not given. */
  readonly cacheBytes?: number;
  /** Whether the broker maps plain requests to partitions, as the generated configuration does. */
  readonly isMapped: boolean;
  readonly witness: (cluster: SimCluster) => Witness;
  /** An actor crashed that nobody had asked to. */
  readonly onBreak: (what: string) => void;
  /** A host's process has ended. */
  readonly onDown: (host: SimHost) => void;
  /** Breaks a host's storage in a way that no disk does; for tests of the checkers. */
  readonly tamper?: ((storage: Storage) => Storage) | undefined;
  /** How old deletes are when hosts begin to forget them. */
  readonly purgeAgeMs?: number | undefined;
  readonly spentPerCopy?: number | undefined;
};

/** Small, so that a small run meets every bound. */
export const SIM_CONFIG: Omit<HostConfig, 'id' | 'topology'> = {
  version: '0.0.0',
  isDevelopment: true,
  store: {
    durability: 'fsync',
    syncEveryMs: 100,
    lingerMs: 5,
    operationsMax: 32,
    // So few that they come round in a run.
    journalSlots: 8,
    bytesMax: 64 * 1024,
    cacheBytes: 12 * 1024,
    readsAtOnce: 3,
  },
  restartPolicy: {firstDelayMs: 50, delayMsMax: 500, restartsMax: 5, windowMs: 10_000},
  mailboxMax: 32,
  hints: {bytesMax: 64 * 1024, alarmAfterMs: 10_000},
  shedding: {wantedMs: 250, requestsAtFirst: 64, requestsMin: 8, requestsMax: 128},
  joinGraceMs: 1_000,
  drainMs: 1_000,
  greetEveryMs: 100,
  repair: {
    everyMs: 2_000,
    pauseMs: 100,
    exchangesAtOnce: 3,
    keysPerSecond: 20_000,
    window: null,
  },
  // So long that nothing is forgotten in a run that does not ask for it.
  purge: {everyMs: 1_000, ageMs: 24 * 3_600_000, keysPerSecond: 20_000, spentPerCopy: 1},
  gossip: DEFAULT_HOST_CONFIG.gossip,
  // Quick, so that rot is met within a run.
  scrub: {passMs: 10_000, bytesPerSecondMax: 1024 * 1024},
};

const WALL_OFFSET_MS_MAX = 500;

export class SimCluster {
  readonly clock: SimClock;
  readonly network: SimNetwork;
  readonly topology: Topology;
  readonly subjects: Subjects;
  readonly hosts: readonly SimHost[];
  readonly witness: Witness;
  readonly durability: Durability;

  constructor(options: SimClusterOptions) {
    const {random, clock, trace, isMapped, tamper, durability = 'fsync'} = options;
    const {cacheBytes = SIM_CONFIG.store.cacheBytes} = options;
    const {purge} = SIM_CONFIG;
    const config = {
      ...SIM_CONFIG,
      store: {...SIM_CONFIG.store, durability, cacheBytes},
      purge: {
        ...purge,
        ageMs: options.purgeAgeMs ?? purge.ageMs,
        spentPerCopy: options.spentPerCopy ?? purge.spentPerCopy,
      },
    };
    this.clock = clock;
    this.durability = durability;
    const ids = Array.from({length: options.hosts}, (_, index) => `h${index + 1}`);
    const given = {...options.topology, hosts: ids.map(id => ({id}))};
    this.topology = createTopology(given, random.stream('topology')).topology;
    this.subjects = new Subjects(this.topology.cluster.name);
    this.network = new SimNetwork({
      clock,
      random: random.stream('network'),
      // Between hosts alone: a client's request that is repeated is a client that asks twice.
      mayRepeat: subject => isBetweenHosts(this.subjects, subject),
      mapping: isMapped ? mappingOf(this.subjects, this.topology.partitions) : subject => subject,
      observe: (fate, connection, subject) => trace.add(`${connection} ${fate} ${subject}`),
    });
    this.witness = options.witness(this);
    this.hosts = ids.map(
      id =>
        new SimHost({
          clock,
          network: this.network,
          random: random.stream(`host ${id}`),
          config: {...config, id, topology: this.topology},
          wallOffsetMs: random.stream(`wall ${id}`).below(WALL_OFFSET_MS_MAX),
          wrapStorage: storage =>
            new ObservedStorage(tamper === undefined ? storage : tamper(storage), {
              committing: operations => this.witness.committing(id, operations),
              commitFailed: () => this.witness.commitFailed(id),
            }),
          wrapTransport: transport =>
            new ObservedTransport(transport, {
              sent: (...sent) => this.witness.sent(id, ...sent),
              heard: message => this.witness.heard(id, message),
            }),
          tell: what => trace.add(what),
          onBreak: options.onBreak,
          onVnodeCrash: partition => this.witness.vnodeCrashed(id, partition),
          onStart: () => this.witness.starting(id),
          losing: lose => this.#losing(id, lose),
          onDown: host => {
            this.witness.down(host.id);
            options.onDown(host);
          },
        }),
    );
  }

  /** What is synced no crash takes. */
  #losing(id: string, lose: () => void): void {
    if (this.durability === 'fsync') {
      lose();
    } else {
      this.witness.losses.losing(id, {isNoticed: false}, lose);
    }
  }

  /** Rot that no host has met yet. */
  get isRotten(): boolean {
    return this.hosts.some(({disk}) => disk.isRotten);
  }

  host(id: string): SimHost {
    const host = this.hosts.find(one => one.id === id);
    if (host === undefined) {
      throw new RangeError(`there is no host ${id}`);
    }

    return host;
  }

  startAll(): void {
    for (const host of this.hosts) {
      host.start();
    }
  }

  run(forMs: number): void {
    this.clock.run(this.clock.nowMs() + forMs);
  }

  /**
   * Runs until the condition holds, asked every few milliseconds, or more seldom where asking is
   * costly. False when it does not in `withinMs`.
   */
  runUntil(condition: () => boolean, withinMs: number, askEveryMs = 5): boolean {
    const endMs = this.clock.nowMs() + withinMs;
    while (!condition()) {
      if (this.clock.nowMs() >= endMs) {
        return false;
      }

      this.run(askEveryMs);
    }

    return true;
  }

  /**
   * Every fault is over: the network is calm, disks and failpoints are as new, and all hosts are
   * up.
   */
  heal(): void {
    this.network.faults = calm;
    this.network.restoreBroker();
    this.network.noticeEnds();
    for (const name of this.network.names) {
      if (this.network.isCut(name)) {
        this.network.heal(name);
      }
    }

    for (const host of this.hosts) {
      host.thaw();
      host.disk.heal();
      host.running?.failpoints.disarm();
      host.start();
    }
  }

  /** All hosts serve, all partitions are open, and every host knows every other. */
  get isWhole(): boolean {
    return this.hosts.every(({state, isReady, running}) => {
      const children = running?.tree().children ?? [];
      return (
        state === 'up' &&
        isReady &&
        children
          .filter(({id}) => id.startsWith('link.') || id.startsWith('partition.'))
          .every(({state: child}) => child === 'linked' || child === 'running.serving')
      );
    });
  }

  disturb(faults: Partial<NetworkFaults>): void {
    this.network.faults = {...calm, ...faults};
  }
}

function isBetweenHosts({root}: Subjects, subject: string): boolean {
  return subject.startsWith(`${root}.h.`) || subject.startsWith(`${root}.b.`);
}
