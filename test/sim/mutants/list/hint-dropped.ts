import type {Mutant} from '../mutant.js';

export const hintDropped: Mutant = {
  name: 'hint-dropped',
  file: 'actors/delivery/delivery.effects.js',
  find: 'if (code === Code.ok) {',
  replace: 'if (code !== null) {',
  story: 'A hint leaves the disk though its owner did not take it, or was not heard (T15).',
};
