/** The purge of a host: what it knows of all that could still hold a copy. */
import {copiesOf} from '../../../src/topology/lookup.js';
import type {KeptTold} from '../../../src/wire/purge-questions.js';
import {HostAnswers} from '../../purge/host-answers.js';
import {bindPurge, PurgeDesk} from '../../purge/purge.effects.js';
import {Settling} from '../../purge/settling.js';
import type {MadeActor} from '../host.messages.js';
import type {Parts, Service} from './service.js';

export type PurgeParts = Parts & {
  /** All that now holds copies of objects here, besides the vnodes and the hints. */
  readonly underWay: () => ReadonlySet<unknown>;
  readonly keptFor: (partitions: readonly number[]) => KeptTold | null;
};

export class PurgeService implements Service {
  readonly children = ['purge'];
  readonly desk: PurgeDesk;

  constructor(private readonly parts: PurgeParts) {
    const {shared, topology, neighbours, gates, workload} = parts;
    const {config} = shared;
    const {peers, errands} = neighbours;
    this.desk = new PurgeDesk(
      {
        ...shared,
        self: config.id,
        peers,
        errands,
        epoch: topology.epoch,
        own: answersOf(parts),
        gates,
        isBusy: () => workload.isBusy,
        copiesOf: name => copiesOf(topology, name),
        missing: hosts => this.#missing(hosts),
      },
      config.purge,
    );
  }

  make(): MadeActor {
    return {logic: bindPurge(this.desk), input: undefined};
  }

  depthOf(): number {
    return this.desk.underWay;
  }

  status() {
    return {tombstones: this.desk.report()};
  }

  close(): void {
    this.parts.shared.child('purge')?.send({type: 'purge.stop'});
  }

  #missing(hosts: readonly string[]): string {
    const self = this.parts.shared.config.id;
    const away = hosts.find(host => host !== self && this.#stateOf(host) !== 'up');
    return away === undefined ? '' : `${away} is ${this.#stateOf(away)}`;
  }

  #stateOf(host: string): string {
    const {shared, neighbours} = this.parts;
    const state = shared.liveness.stateOf(host);
    return state === 'up' && !neighbours.isLinked(host) ? 'not linked' : state;
  }
}

/** What this host answers to the purges of others. */
function answersOf({shared, topology, neighbours, gates, underWay, keptFor}: PurgeParts) {
  const {clock, objects} = shared;
  const {peers, errands, flushes, incarnation} = neighbours;
  return new HostAnswers({
    clock,
    commits: objects.commits,
    gates,
    epoch: topology.epoch,
    settling: new Settling({clock, peers, underWay, ways: [errands, flushes]}),
    kept: partitions => {
      const told = keptFor(partitions);
      return told === null ? null : {...told, stamp: `${incarnation}.${told.stamp}`};
    },
  });
}
