import type {Mutant} from '../mutant.js';

export const nothingWasApplied: Mutant = {
  name: 'nothing-was-applied',
  file: 'actors/coordinator/write-flight.js',
  find: `'the write may still become visible; retry with the same Nats-Msg-Id'`,
  replace: `'nothing was applied; retry'`,
  story: 'A write that fewer than W owners took is said to have been taken by none.',
};
