import type {Mutant} from '../mutant.js';

export const refusalCounted: Mutant = {
  name: 'refusal-counted',
  file: 'actors/coordinator/write-flight.js',
  find: 'this.#counted(lost ? this.tally.lose(slot) : this.tally.refuse(slot), text);',
  replace: 'this.#counted(this.tally.ack(slot), text);',
  story: 'A slot that refused a copy, or was lost, counts as one that has it.',
};
