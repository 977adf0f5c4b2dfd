/**
 * Groups: graves by the owners that are asked about them and by what they are asked, and no more of
 * them at once than one question takes. One group is worked on after the other.
 */
import type {Clock} from '../../src/ports/clock.js';
import {STEP_OBJECTS_MAX, stepBytes} from '../../src/wire/purge-questions.js';
import type {Gate} from '../partition/gate.js';
import {isRetiring, type Grave} from './graves.js';

export type Group = {
  readonly gate: Gate;
  readonly owners: readonly string[];
  readonly graves: Grave[];
};

export type GroupPorts = {
  readonly self: string;
  readonly gates: ReadonlyMap<number, Gate>;
  readonly copiesOf: (name: string) => number;
};

const STEP_BYTES_MAX = 128 * 1_024;

/** Without those of keys that this host does not own. */
export function groupsOf(graves: readonly Grave[], {self, gates, copiesOf}: GroupPorts): Group[] {
  const groups: Group[] = [];
  const open = new Map<string, Group>();
  for (const grave of graves) {
    const gate = gates.get(grave.partition);
    const copies = copiesOf(grave.name);
    const owners = gate?.owners.slice(0, copies) ?? [];
    if (gate === undefined || !owners.includes(self)) {
      continue;
    }

    const key = `${grave.partition} ${copies} ${isRetiring(grave) ? 'retire' : 'remove'}`;
    const group = open.get(key);
    if (group !== undefined && hasRoom(group.graves)) {
      group.graves.push(grave);
    } else {
      const made = {gate, owners, graves: [grave]};
      open.set(key, made);
      groups.push(made);
    }
  }

  return groups;
}

/** `done` once all are through; empties `groups`, from its end. */
export function inTurn(
  clock: Clock,
  groups: Group[],
  work: (group: Group, next: () => void) => void,
  done: () => void,
): void {
  const next = (): void => {
    const group = groups.pop();
    if (group === undefined) {
      done();
    } else {
      work(group, next);
    }
  };
  clock.endOfTurn(next);
}

/** For one more, whose name may be as long as names are. */
function hasRoom(graves: readonly Grave[]): boolean {
  return graves.length < STEP_OBJECTS_MAX && stepBytes(graves) < STEP_BYTES_MAX;
}
