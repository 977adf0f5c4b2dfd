import type {Mutant} from '../mutant.js';

export const slotCountedTwice: Mutant = {
  name: 'slot-counted-twice',
  file: 'src/quorum/tally.js',
  find: '(this.#heard & bit) === 0',
  replace: 'true',
  story: 'A host that says yes twice is two copies.',
};
