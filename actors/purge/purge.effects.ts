/**
 * Binds the effects that purge.machine.ts names: what each round of steps does with what was found,
 * and what becomes of what did not come through.
 */
import type {ActorRefFrom} from 'xstate';
import type {Counters} from '../../src/counters.js';
import {spentEntries} from '../../src/causality/spent.js';
import {NO_HASH} from '../../src/merkle/object-hash.js';
import type {Held} from '../../src/store/held.js';
import type {AnswerPeer, AskItem} from '../../src/wire/host-items.js';
import {STEP_ENTRIES_MAX} from '../../src/wire/purge-questions.js';
import {passBarrier, type BarrierPorts, type Passed} from './barrier.js';
import {Graves, isRetiring, type Grave} from './graves.js';
import {groupsOf, inTurn, type Group} from './groups.js';
import type {OwnersPorts} from './owners.js';
import {purgeMachine} from './purge.machine.js';
import type {PurgeEvent} from './purge.messages.js';
import {reportOf, type PurgeReport} from './report.js';
import {Rounds} from './rounds.js';
import {Sweep, type SweepOptions, type SweepPorts, type Swept} from './sweep.js';
import type {Gate} from '../partition/gate.js';

export type PurgePorts = Omit<SweepPorts, 'partitions'> &
  OwnersPorts &
  BarrierPorts & {
    readonly counters: Counters;
    readonly gates: ReadonlyMap<number, Gate>;
    /** Of the cluster: whom nothing can be asked, and why; '' when all can. */
    readonly missing: (hosts: readonly string[]) => string;
  };

const NOTHING: Swept = {partition: 0, found: [], crowded: []};

type Self = ActorRefFrom<typeof purgeMachine>;

export class PurgeDesk {
  readonly #sweep: Sweep;
  readonly #graves: Graves;
  readonly #rounds: Rounds;
  readonly #purged = new Map<number, number>();
  #self: Self | null = null;
  #swept: Swept = NOTHING;
  /** What is left of the due ones behind the barrier. */
  #proven: readonly Grave[] = [];
  #waitsFor = '';

  constructor(
    private readonly ports: PurgePorts,
    options: SweepOptions,
  ) {
    const partitions = [...ports.gates.keys()];
    this.#sweep = new Sweep({...ports, partitions}, options);
    this.#graves = new Graves(options.ageMs);
    this.#rounds = new Rounds(ports, why => {
      this.#waitsFor = why;
    });
  }

  get pauseMs(): number {
    return this.#sweep.pauseMs;
  }

  get isDue(): boolean {
    return this.#graves.isDue(this.ports.clock.nowMs());
  }

  get underWay(): number {
    const {found, crowded} = this.#swept;
    return found.length + crowded.length + this.#proven.length;
  }

  /** False for a question that is not the purge's. */
  take(item: AskItem, answer: AnswerPeer): boolean {
    return this.ports.own.take(item, answer);
  }

  begin(self: Self): void {
    this.#self = self;
    this.#swept = NOTHING;
    this.#proven = [];
  }

  sweep(self: Self): void {
    this.#sweep.next(swept => {
      this.#swept = swept;
      this.#tell(self, {type: 'purge.swept'});
    });
  }

  /** All owners mark what all of them hold. What is to be retired is asked for when it is due. */
  mark(self: Self): void {
    // What another owner leads is seen to only where it has left marks.
    const graves = this.#swept.found
      .map(held => ({...this.#graveOf(held), isMarked: held.isMarked}))
      .filter(({isLed, isMarked}) => isLed || isMarked);
    const groups = groupsOf(graves, this.ports);
    const nowMs = this.ports.clock.nowMs();
    this.#swept.crowded
      .map(held => this.#crowdOf(held))
      .filter(grave => grave.isLed && !this.#graves.has(grave))
      .forEach(grave => this.#graves.add(grave, nowMs));
    this.#swept = NOTHING;
    this.#waitsFor = groups.length === 0 ? this.#waitsFor : '';
    inTurn(
      this.ports.clock,
      groups,
      (group, next) => this.#markGroup(group, next),
      () => this.#tell(self, {type: 'purge.marked'}),
    );
  }

  settle(self: Self): void {
    const {clock, peers} = this.ports;
    const due = this.#graves.due(clock.nowMs());
    const missing = this.ports.missing(peers);
    const marked = due.filter(grave => !isRetiring(grave));
    const spent: Grave[] = [];
    const end = ({free, why}: Passed): void => {
      const nowMs = clock.nowMs();
      this.#proven = [...marked, ...spent].filter(({partition}) => free.has(partition));
      this.#waitsFor = why;
      // The others wait as long once more.
      due
        .filter(({partition}) => !free.has(partition))
        .forEach(grave => this.#graves.add(grave, nowMs));
      this.#tell(self, {type: free.size > 0 ? 'purge.settled' : 'purge.unsettled'});
    };
    if (missing === '') {
      const partitions = [...new Set(due.map(({partition}) => partition))];
      const amid = (next: () => void) => this.#confirm(due.filter(isRetiring), spent, next);
      passBarrier(this.ports, partitions, amid, end);
    } else {
      clock.endOfTurn(() => end({free: new Set(), why: missing}));
    }
  }

  remove(self: Self): void {
    const groups = groupsOf(this.#proven, this.ports);
    this.#proven = [];
    inTurn(
      this.ports.clock,
      groups,
      (group, next) => this.#endGroup(group, next),
      () => this.#tell(self, {type: 'purge.removed'}),
    );
  }

  report(): PurgeReport {
    const {gates} = this.ports;
    const {seen} = this.#sweep;
    const counts = {seen, marked: this.#graves.counts(), purged: this.#purged};
    return reportOf([...gates.keys()], counts, this.#waitsFor);
  }

  #graveOf({name, hash}: Held): Grave {
    const {partition} = this.#swept;
    const [first] = this.ports.gates.get(partition)?.owners ?? [];
    return {partition, name, hash, entries: [], isLed: first === this.ports.self};
  }

  #crowdOf(held: Held): Grave {
    const entries = spentEntries(held.object).slice(0, STEP_ENTRIES_MAX);
    return {...this.#graveOf(held), hash: NO_HASH, entries};
  }

  #markGroup(group: Group, next: () => void): void {
    const missing = this.ports.missing(group.owners);
    if (missing !== '') {
      this.#waitsFor = missing;
      next();
      return;
    }

    const fresh = group.graves.filter(grave => !this.#graves.has(grave));
    this.#rounds.mark(group, fresh, marked => {
      this.ports.counters.add('tombstones_marked', marked.length);
      const nowMs = this.ports.clock.nowMs();
      marked.forEach(grave => this.#graves.add(grave, nowMs));
      next();
    });
  }

  /** Adds to `spent` what all owners agree on. */
  #confirm(graves: readonly Grave[], spent: Grave[], done: () => void): void {
    inTurn(
      this.ports.clock,
      groupsOf(graves, this.ports),
      (group, next) =>
        this.#rounds.confirmSpent(group, through => {
          spent.push(...through);
          next();
        }),
      done,
    );
    graves.forEach(grave => this.#graves.remove(grave));
  }

  #endGroup(group: Group, next: () => void): void {
    const {counters} = this.ports;
    group.graves.forEach(grave => this.#graves.remove(grave));
    if (group.graves.some(isRetiring)) {
      this.#rounds.retire(group, retired => {
        counters.add('incarnations_retired', retired.flatMap(({entries}) => entries).length);
        next();
      });
      return;
    }

    this.#rounds.remove(group, purged => {
      const {partition} = group.gate;
      counters.add('tombstones_purged', purged.length);
      this.#purged.set(partition, (this.#purged.get(partition) ?? 0) + purged.length);
      next();
    });
  }

  /** What an actor that has ended had begun is nothing to its successor. */
  #tell(self: Self, event: PurgeEvent): void {
    if (self === this.#self && self.getSnapshot().status === 'active') {
      self.send(event);
    }
  }
}

export function bindPurge(desk: PurgeDesk) {
  return purgeMachine.provide({
    guards: {isDue: () => desk.isDue},
    delays: {pause: () => desk.pauseMs},
    actions: {
      begin: ({self}) => desk.begin(self as Self),
      sweep: ({self}) => desk.sweep(self as Self),
      mark: ({self}) => desk.mark(self as Self),
      settle: ({self}) => desk.settle(self as Self),
      remove: ({self}) => desk.remove(self as Self),
    },
  });
}
