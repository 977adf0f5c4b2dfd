/**
 * Tells of deleted keys whose tombstones hosts hold, and what keeps them from being forgotten.
 */
import type {HostAnswer} from '../ask-hosts.js';

/** Of what a host says of itself; anything may be missing, hosts differ in version. */
type Tombstones = {
  readonly seen: number;
  readonly marked: number;
  readonly purged: number;
  readonly waitsFor: string;
};

/** A line for each host that has, or had, any. */
export function tombstoneLines(answers: readonly HostAnswer[]): string[] {
  return answers.flatMap(({host, answer}) => {
    const {tombstones} = (answer ?? {}) as {readonly tombstones?: Tombstones};
    if (tombstones === undefined || tombstones.seen + tombstones.purged === 0) {
      return [];
    }

    const {seen, marked, purged, waitsFor} = tombstones;
    const why = waitsFor === '' ? '' : `; waits: ${waitsFor}`;
    return [`tombstones on ${host}: ${seen}, ${marked} to go, ${purged} forgotten${why}`];
  });
}
