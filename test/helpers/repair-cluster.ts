/** A simulated cluster whose replicas are made to differ, and one client that is never a reader. */
import type {Durability} from '../../actors/store/store.effects.js';
import {sameWrites} from '../../src/causality/merge.js';
import {SimClient} from '../../src/sim/client.js';
import {SimClock} from '../../src/sim/clock.js';
import {SimCluster} from '../../src/sim/cluster.js';
import {History} from '../../src/sim/history.js';
import type {Told} from '../../src/sim/reply.js';
import {SimRandom} from '../../src/sim/random.js';
import {Trace} from '../../src/sim/trace.js';
import {Witness} from '../../src/sim/witness.js';

export type RepairClusterOptions = {
  readonly hosts?: number;
  readonly partitions?: number;
  readonly seed?: number;
  /** Hosts that are not started. */
  readonly without?: readonly string[];
  readonly durability?: Durability;
  /** How old deletes are when hosts begin to forget them. */
  readonly purgeAgeMs?: number;
  readonly spentPerCopy?: number;
};

export function repairCluster(options: RepairClusterOptions = {}) {
  const {hosts = 3, partitions = 3, seed = 1, without = []} = options;
  const clock = new SimClock();
  const random = new SimRandom(seed);
  const trace = new Trace(() => clock.nowMs(), {keep: false});
  const history = new History();
  const violations: string[] = [];
  const cluster = new SimCluster({
    clock,
    random,
    trace,
    hosts,
    topology: {partitions, n: 3, buckets: [{bucket: 'few', policy: {n: 2}}]},
    isMapped: true,
    durability: options.durability ?? 'fsync',
    witness: one => new Witness(one, history, what => violations.push(what)),
    onBreak: what => violations.push(what),
    purgeAgeMs: options.purgeAgeMs,
    spentPerCopy: options.spentPerCopy,
    onDown: () => {},
  });
  let target: readonly string[] = [];
  const client = new SimClient({
    id: 'c1',
    clock,
    transport: cluster.network.connect('c1'),
    subjects: cluster.subjects,
    history,
    hostsOf: () => target,
    timeoutMs: 400,
  });
  const names = new Set<string>();

  /** One operation at one host; the answer, once it has come. */
  const at = (
    host: string,
    verb: 'put' | 'get' | 'del',
    name: string,
    quorum = '',
  ): Told | null => {
    target = [host];
    let answer: Told | null | undefined;
    names.add(name);
    const wish = {client: 'c1', verb, name, id: '', context: '', r: quorum, w: quorum} as const;
    client.begin([{...wish, via: 'frame', wantsAll: true, paddingBytes: 0}], (_, told) => {
      answer = told;
    });
    cluster.runUntil(() => answer !== undefined, 10_000);
    return answer ?? null;
  };

  /** Keys that two owners hold otherwise, as sentences. */
  const differences = (): string[] =>
    [...names].flatMap(name => {
      const owners = cluster.witness.holdings.replicasOf(name);
      const [first = null, ...others] = owners.map(host =>
        cluster.witness.holdings.durable(host, name),
      );
      return others.every(other =>
        first === null || other === null ? first === other : sameWrites(first, other),
      )
        ? []
        : [`${name} differs among ${owners.join(', ')}`];
    });

  const counted = (pattern: RegExp): number =>
    cluster.hosts
      .flatMap(({running}) => Object.entries(running?.counters.all() ?? {}))
      .reduce((sum, [name, count]) => sum + (pattern.test(name) ? count : 0), 0);

  const wipe = (host: string): void => {
    cluster.host(host).crash({loseUnsynced: false});
    cluster.host(host).disk.wipe();
  };

  const isWhole = (withinMs = 10_000) => cluster.runUntil(() => cluster.isWhole, withinMs);
  const stateOf = (host: string, partition = 0) =>
    cluster
      .host(host)
      .running?.tree()
      .children.find(({id}) => id === `partition.${partition}`)?.state;

  for (const host of cluster.hosts) {
    if (!without.includes(host.id)) {
      host.start();
    }
  }

  if (without.length === 0) {
    isWhole();
  }

  return {
    cluster,
    violations,
    at,
    differences,
    repairs: () => counted(/^repairs_/),
    counted,
    wipe,
    isWhole,
    stateOf,
    /** Until all owners of every key hold the same; false when they do not within the time. */
    becomesEqual: (withinMs = 60_000) =>
      cluster.runUntil(() => differences().length === 0, withinMs),
  };
}
