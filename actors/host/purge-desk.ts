/**
 * Puts a host's purge together, and hands the questions that other hosts ask in bulk to whom they
 * are for: repair or the purge.
 */
import {Code} from '../../src/errors.js';
import type {Topology} from '../../src/topology/document.js';
import {copiesOf} from '../../src/topology/lookup.js';
import {ITEM} from '../../src/wire/host-items.js';
import type {KeptTold} from '../../src/wire/purge-questions.js';
import type {Gate} from '../partition/gate.js';
import {HostAnswers} from '../purge/host-answers.js';
import {PurgeDesk} from '../purge/purge.effects.js';
import {Settling} from '../purge/settling.js';
import type {RepairDesk} from '../repair/repair.effects.js';
import type {Shared} from './assembly.js';
import type {Neighbours} from './neighbours.js';

export type PurgeParts = {
  readonly shared: Shared;
  readonly topology: Topology;
  readonly neighbours: Neighbours;
  readonly gates: ReadonlyMap<number, Gate>;
  readonly isBusy: () => boolean;
  /** All that now holds copies of objects here, besides the vnodes and the hints. */
  readonly underWay: () => ReadonlySet<unknown>;
  readonly keptFor: (partitions: readonly number[]) => KeptTold | null;
};

export function makePurge({
  shared,
  topology,
  neighbours,
  gates,
  isBusy,
  underWay,
  keptFor,
}: PurgeParts): PurgeDesk {
  const {config, clock, objects, liveness} = shared;
  const {epoch} = topology;
  const {peers, errands, flushes} = neighbours;
  const settling = new Settling({clock, peers, underWay, ways: [errands, flushes]});
  const life = neighbours.incarnation;
  const own = new HostAnswers({
    clock,
    commits: objects.commits,
    gates,
    epoch,
    settling,
    kept: partitions => {
      const told = keptFor(partitions);
      return told === null ? null : {...told, stamp: `${life}.${told.stamp}`};
    },
  });
  const stateOf = (host: string): string => {
    const state = liveness.stateOf(host);
    return state === 'up' && !neighbours.isLinked(host) ? 'not linked' : state;
  };
  return new PurgeDesk(
    {
      ...shared,
      self: config.id,
      peers,
      errands,
      epoch,
      own,
      gates,
      isBusy,
      copiesOf: name => copiesOf(topology, name),
      missing: hosts => {
        const away = hosts.find(host => host !== config.id && stateOf(host) !== 'up');
        return away === undefined ? '' : `${away} is ${stateOf(away)}`;
      },
    },
    config.purge,
  );
}

export function takeQuestions(neighbours: Neighbours, repair: RepairDesk, purge: PurgeDesk): void {
  neighbours.takers.set(ITEM.ask, (peer, item, answer) => {
    const isTaken =
      item[0] !== ITEM.ask || repair.take(peer, item, answer) || purge.take(item, answer);
    if (!isTaken) {
      answer([ITEM.told, item[1], Code.badRequest, 'unknown question', new Uint8Array(0)]);
    }
  });
}
