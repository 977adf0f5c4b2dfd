import type {Mutant} from '../mutant.js';

export const refusalCounted: Mutant = {
  name: 'refusal-counted',
  file: 'actors/coordinator/write-flight.js',
  find: 'this.#failed(slot, code, text, lost);',
  replace: 'this.#served(slot);',
  story: 'A slot that refused a copy, or was lost, counts as one that has it.',
};
