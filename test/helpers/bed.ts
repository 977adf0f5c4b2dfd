/**
 * A cluster of real processes that faults can be done to, under a load that records what was
 * acknowledged. What the machine has no tools for is left out of its equipment.
 */
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {NatsConnection} from '@nats-io/transport-node';
import {
  type ProcessCluster,
  type ProcessOptions,
  startProcesses,
  type Test,
} from './host-processes.js';
import {Network, noNetworkReason} from './network.js';
import {noPacketFilterReason} from './packet-filter.js';
import {noPowerCutReason, PowerCutDisk} from './power-cut-disk.js';
import {Recorder, type RecorderOptions} from './recorder.js';
import {checkReplicas, ownersOfKey} from './replicas.js';
import {plainRoute} from './routes.js';
import {settled} from './settled.js';
import {noWallClockReason, WallClock} from './wall-clock.js';

export type BedOptions = Pick<ProcessOptions, 'buckets'> & {
  /** Default 3. */
  readonly hosts?: number;
  readonly load?: RecorderOptions;
  /** Further arguments of each host's command. */
  readonly args?: readonly string[];
};

export type Equipment = {
  readonly network: Network | null;
  /** Of each host one, or none at all; clocks likewise. */
  readonly disks: ReadonlyMap<string, PowerCutDisk>;
  readonly clocks: ReadonlyMap<string, WallClock>;
};

/** Something that a fault cannot be done without. */
export type Need = 'network' | 'disk' | 'clock' | 'packet filter';

/** To go on after it was full, the engine needs room for a table. */
const DISK_MEGABYTES = 160;
const BROKER = 'broker';

/** Looked for once: some are tried out. */
let reasons: ReadonlyMap<Need, string | null> | undefined;

/** Why there is none of it on this machine; null when there is. */
export function noneReason(need: Need): string | null {
  reasons ??= new Map([
    ['network', noNetworkReason()],
    ['disk', noPowerCutReason()],
    ['clock', noWallClockReason()],
    ['packet filter', noNetworkReason() ?? noPacketFilterReason()],
  ]);
  return reasons.get(need) ?? null;
}

export class Bed {
  constructor(
    readonly cluster: ProcessCluster,
    readonly connection: NatsConnection,
    readonly load: Recorder,
    readonly equipment: Equipment,
  ) {}

  /** Resolves once every host serves all it owns and sees all others. */
  async whole(): Promise<void> {
    await settled(this.connection, this.cluster.ids);
  }

  /**
   * Everything that is not as it was acknowledged, as sentences: what was read under load, what a
   * quorum reads now, and what each replica holds by itself. The load must rest.
   */
  async violations(): Promise<string[]> {
    const {connection, load, cluster} = this;
    const {topology, ids} = cluster;
    const {lost} = await checkReplicas(connection, topology, load);
    const isFirst = (host: string, key: string) =>
      ownersOfKey(topology, load.bucket, key)[0] === host;
    const differing = await load.verify(connection, ids, 'all', isFirst);
    return [...load.contradictions, ...lost, ...differing];
  }
}

/** Resolves once every host serves. Everything is gone when the test is over. */
export async function startBed(t: Test, options: BedOptions = {}): Promise<Bed> {
  const {hosts = 3, load = {}, args = [], buckets} = options;
  const ids = Array.from({length: hosts}, (_, index) => `h${index + 1}`);
  const equipment = equip(t, ids);
  const {network, disks, clocks} = equipment;
  const cluster = await startProcesses(t, {
    hosts,
    args,
    buckets,
    dataOf: id => {
      const disk = disks.get(id);
      return disk && join(disk.folder, 'data');
    },
    envOf: id => clocks.get(id)?.env,
    ...(network && {
      brokers: [{place: network.place(BROKER)}],
      placeOf: (id: string) => network.place(id),
    }),
  });
  const connection = await cluster.connect();
  await settled(connection, ids);
  return new Bed(cluster, connection, new Recorder(t, plainRoute(connection), load), equipment);
}

function equip(t: Test, ids: readonly string[]): Equipment {
  const folder = mkdtempSync(join(tmpdir(), 'quorate-bed-'));
  t.teardown(() => rmSync(folder, {recursive: true, force: true}));
  const network = noneReason('network') === null ? Network.create(t, [BROKER, ...ids]) : null;
  const disks = new Map<string, PowerCutDisk>();
  const clocks = new Map<string, WallClock>();
  for (const id of ids) {
    if (noneReason('disk') === null) {
      const disk = new PowerCutDisk(DISK_MEGABYTES);
      t.teardown(() => disk.remove());
      disks.set(id, disk);
    }

    if (noneReason('clock') === null) {
      clocks.set(id, new WallClock(folder, id));
    }
  }

  return {network, disks, clocks};
}
