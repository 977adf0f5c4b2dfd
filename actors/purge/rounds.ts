/**
 * Rounds: what the owners of a group of graves are asked, one step after the other, and what comes
 * through all of them.
 *
 * Invariant: the host that leads takes a last step as the last, so that what is left to do is
 * always found again.
 */
import {askOwners, type OwnersPorts} from './owners.js';
import type {StepAnswer, StepAsked} from '../../src/wire/purge-questions.js';
import type {Grave} from './graves.js';
import type {Group} from './groups.js';

/** Of those that came through. */
type Through = (graves: readonly Grave[]) => void;

const SAME: ReadonlySet<StepAnswer> = new Set(['gone', 'equal', 'marked']);
const MARKED: ReadonlySet<StepAnswer> = new Set(['gone', 'marked']);
const GONE: ReadonlySet<StepAnswer> = new Set(['gone']);
const SPENT: ReadonlySet<StepAnswer> = new Set(['spent']);
const RETIRED: ReadonlySet<StepAnswer> = new Set(['retired']);

export class Rounds {
  constructor(
    private readonly ports: OwnersPorts,
    /** Why something did not come through, for want of an answer. */
    private readonly waits: (why: string) => void,
  ) {}

  /** All owners hold what this one holds, or nothing, and mark it. */
  mark(group: Group, graves: readonly Grave[], done: Through): void {
    const {owners} = group;
    this.#ask(group, owners, 'check', graves, SAME, equal =>
      this.#ask(group, owners, 'mark', equal, MARKED, done),
    );
  }

  /** All owners hold it marked still, or nothing, and remove it. */
  remove(group: Group, done: Through): void {
    this.#ask(group, group.owners, 'check', group.graves, MARKED, marked =>
      this.#end(group, 'remove', marked, GONE, done),
    );
  }

  /** All owners have seen what the entries cover, and carry nothing of it. */
  confirmSpent(group: Group, done: Through): void {
    this.#ask(group, group.owners, 'spent', group.graves, SPENT, done);
  }

  retire(group: Group, done: Through): void {
    this.#end(group, 'retire', group.graves, RETIRED, done);
  }

  #end(
    group: Group,
    step: StepAsked['step'],
    graves: readonly Grave[],
    hoped: ReadonlySet<StepAnswer>,
    done: Through,
  ): void {
    const {self} = this.ports;
    const others = group.owners.filter(owner => owner !== self);
    this.#ask(group, others, step, graves, hoped, through =>
      this.#ask(group, [self], step, through, hoped, done),
    );
  }

  #ask(
    {gate}: Group,
    owners: readonly string[],
    step: StepAsked['step'],
    graves: readonly Grave[],
    hoped: ReadonlySet<StepAnswer>,
    done: Through,
  ): void {
    if (graves.length === 0) {
      done([]);
      return;
    }

    askOwners(this.ports, gate, owners, step, graves, hoped, (through, why) => {
      if (why !== '') {
        this.waits(why);
      }

      done(through);
    });
  }
}
