/**
 * Puts a host's repair together: which pairs of owners it compares, and what it may ask of whom.
 */
import type {Pair} from '../../src/repair/agenda.js';
import type {Topology} from '../../src/topology/document.js';
import {copiesOf} from '../../src/topology/lookup.js';
import type {Gate} from '../partition/gate.js';
import {RepairDesk} from '../repair/repair.effects.js';
import type {Shared} from './assembly.js';
import type {Neighbours} from './neighbours.js';

export type RepairParts = {
  readonly shared: Shared;
  readonly topology: Topology;
  readonly neighbours: Neighbours;
  readonly gates: ReadonlyMap<number, Gate>;
  readonly isBusy: (host: string) => boolean;
  readonly hasHintsFor: (peer: string) => boolean;
};

export function makeRepair(parts: RepairParts): RepairDesk {
  const {shared, topology, neighbours, gates} = parts;
  const {config} = shared;
  return new RepairDesk(
    {
      ...shared,
      self: config.id,
      errands: neighbours.errands,
      gates,
      pairs: pairsOf(config.id, topology, gates),
      isFresh: shared.isFresh(),
      incarnationOf: peer => neighbours.incarnationOf(peer),
      copiesOf: name => copiesOf(topology, name),
      isBusy: parts.isBusy,
      hasHintsFor: parts.hasHintsFor,
      prove: gate => shared.child(`partition.${gate.partition}`)?.send({type: 'partition.proven'}),
      onCrash: (exchange, error) => shared.emit('crash', {actor: `repair/${exchange}`, error}),
    },
    config.repair,
  );
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
