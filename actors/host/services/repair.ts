/** The repair of a host: which pairs of owners it compares, and what it may ask of whom. */
import type {Load} from '../../../src/liveness/digest.js';
import type {Pair} from '../../../src/repair/agenda.js';
import type {Topology} from '../../../src/topology/document.js';
import {copiesOf} from '../../../src/topology/lookup.js';
import type {Gate} from '../../partition/gate.js';
import {bindRepair, RepairDesk} from '../../repair/repair.effects.js';
import {oldestProofMs} from '../../repair/report.js';
import type {MadeActor} from '../host.messages.js';
import {isLoaded} from '../workload.js';
import type {Parts, Service} from './service.js';

export type RepairParts = Parts & {
  /** Of another host; null while it was not heard of. */
  readonly loadOf: (host: string) => Load | null;
  readonly hasHintsFor: (peer: string) => boolean;
};

/** How often it looks for what is due. */
const TICK_MS = 100;

export class RepairService implements Service {
  readonly children = ['repair'];
  readonly desk: RepairDesk;

  constructor(private readonly parts: RepairParts) {
    const {shared, topology, neighbours, gates, workload, loadOf, hasHintsFor} = parts;
    const {config} = shared;
    this.desk = new RepairDesk(
      {
        ...shared,
        self: config.id,
        errands: neighbours.errands,
        gates,
        pairs: pairsOf(config.id, topology, gates),
        isFresh: shared.isFresh(),
        incarnationOf: peer => neighbours.incarnationOf(peer),
        copiesOf: name => copiesOf(topology, name),
        isBusy: host => (host === config.id ? workload.isBusy : isLoaded(loadOf(host))),
        hasHintsFor,
        prove: ({partition}) =>
          shared.child(`partition.${partition}`)?.send({type: 'partition.proven'}),
        onCrash: (exchange, error) => shared.emit('crash', {actor: `repair/${exchange}`, error}),
      },
      config.repair,
    );
  }

  make(): MadeActor {
    const {desk} = this;
    return {logic: bindRepair(desk), input: {tickMs: TICK_MS, next: () => desk.next()}};
  }

  depthOf(): number {
    return this.desk.underWay;
  }

  status() {
    return {oldestProofMs: oldestProofMs(this.desk.agenda, this.parts.shared.clock.nowMs())};
  }

  close(): void {
    this.parts.shared.child('repair')?.send({type: 'repair.stop'});
  }
}

/** Each other owner of each partition; the trees of those buckets that both keep. */
function pairsOf(
  self: string,
  {buckets, n}: Topology,
  gates: ReadonlyMap<number, Gate>,
): readonly Pair[] {
  const {defaults, byName} = buckets;
  const all = [n, defaults.n, ...Object.values(byName).map(policy => policy.n)];
  const occurring = [...new Set(all)].toSorted((a, b) => a - b);
  return [...gates.values()].flatMap(({partition, owners}) => {
    const own = owners.indexOf(self);
    return owners.flatMap((peer, place) => {
      const copies = occurring.filter(count => count > Math.max(own, place));
      return place === own ? [] : [{partition, peer, copies, isOurs: own < place}];
    });
  });
}
