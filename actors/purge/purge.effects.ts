/**
 * Binds the effects that purge.machine.ts names: what each round of steps does with what was found,
 * and what becomes of what did not come through.
 */
import type {ActorRefFrom} from 'xstate';
import type {Counters} from '../../src/counters.js';
import type {Held} from '../../src/store/held.js';
import type {AnswerPeer, AskItem} from '../../src/wire/host-items.js';
import type {PurgeAnswer, PurgeStep} from '../vnode/decide-purge.js';
import {passBarrier, type BarrierPorts, type Passed} from './barrier.js';
import {Graves, type Grave} from './graves.js';
import {groupsOf, inTurn, type Group} from './groups.js';
import {askOwners, type CameThrough, type OwnersPorts} from './owners.js';
import {purgeMachine} from './purge.machine.js';
import type {PurgeEvent} from './purge.messages.js';
import {reportOf, type PurgeReport} from './report.js';
import {Sweep, type SweepOptions, type SweepPorts, type Swept} from './sweep.js';
import type {Gate} from '../partition/gate.js';

export type PurgePorts = Omit<SweepPorts, 'partitions'> &
  OwnersPorts &
  BarrierPorts & {
    readonly counters: Counters;
    readonly gates: ReadonlyMap<number, Gate>;
    readonly copiesOf: (name: string) => number;
    /** Of the cluster: whom nothing can be asked, and why; '' when all can. */
    readonly missing: (hosts: readonly string[]) => string;
  };

const SAME: ReadonlySet<PurgeAnswer> = new Set(['gone', 'equal', 'marked']);
const MARKED: ReadonlySet<PurgeAnswer> = new Set(['gone', 'marked']);
const GONE: ReadonlySet<PurgeAnswer> = new Set(['gone']);
const NOTHING: Swept = {partition: 0, found: []};

type Self = ActorRefFrom<typeof purgeMachine>;

export class PurgeDesk {
  readonly #sweep: Sweep;
  readonly #graves: Graves;
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
  }

  get pauseMs(): number {
    return this.#sweep.pauseMs;
  }

  get isDue(): boolean {
    return this.#graves.isDue(this.ports.clock.nowMs());
  }

  get underWay(): number {
    return this.#swept.found.length + this.#proven.length;
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

  /** All owners mark what all of them hold. */
  mark(self: Self): void {
    // What another owner leads is seen to only where it has left marks.
    const graves = this.#swept.found
      .map(held => ({...this.#graveOf(held), isMarked: held.isMarked}))
      .filter(({isLed, isMarked}) => isLed || isMarked);
    const groups = groupsOf(graves, this.ports);
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
    const end = ({free, why}: Passed): void => {
      const nowMs = clock.nowMs();
      this.#proven = due.filter(({partition}) => free.has(partition));
      this.#waitsFor = why;
      // The others wait as long once more.
      due
        .filter(({partition}) => !free.has(partition))
        .forEach(grave => this.#graves.add(grave, nowMs));
      this.#tell(self, {type: free.size > 0 ? 'purge.settled' : 'purge.unsettled'});
    };
    if (missing === '') {
      passBarrier(this.ports, [...new Set(due.map(({partition}) => partition))], end);
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
      (group, next) => this.#removeGroup(group, next),
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
    return {partition, name, hash, isLed: first === this.ports.self};
  }

  #markGroup({gate, owners, graves}: Group, next: () => void): void {
    const missing = this.ports.missing(owners);
    if (missing !== '') {
      this.#waitsFor = missing;
      next();
      return;
    }

    const fresh = graves.filter(grave => !this.#graves.has(grave));
    this.#ask(gate, owners, 'check', fresh, SAME, equal =>
      this.#ask(gate, owners, 'mark', equal, MARKED, marked => {
        this.ports.counters.add('tombstones_marked', marked.length);
        const nowMs = this.ports.clock.nowMs();
        marked.forEach(grave => this.#graves.add(grave, nowMs));
        next();
      }),
    );
  }

  #removeGroup({gate, owners, graves}: Group, next: () => void): void {
    const {self, counters} = this.ports;
    graves.forEach(grave => this.#graves.remove(grave));
    const others = owners.filter(owner => owner !== self);
    this.#ask(gate, owners, 'check', graves, MARKED, marked =>
      this.#ask(gate, others, 'remove', marked, GONE, gone =>
        this.#ask(gate, [self], 'remove', gone, GONE, purged => {
          const {partition} = gate;
          counters.add('tombstones_purged', purged.length);
          this.#purged.set(partition, (this.#purged.get(partition) ?? 0) + purged.length);
          next();
        }),
      ),
    );
  }

  #ask(
    gate: Gate,
    owners: readonly string[],
    step: PurgeStep,
    graves: readonly Grave[],
    hoped: ReadonlySet<PurgeAnswer>,
    done: (graves: readonly Grave[]) => void,
  ): void {
    const ended: CameThrough = (through, why) => {
      this.#waitsFor = why === '' ? this.#waitsFor : why;
      done(through);
    };
    if (graves.length === 0) {
      done([]);
    } else {
      askOwners(this.ports, gate, owners, step, graves, hoped, ended);
    }
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
