import type {Mutant} from '../mutant.js';

export const standInAbsenceCounted: Mutant = {
  name: 'stand-in-absence-counted',
  file: 'actors/coordinator/read-flight.js',
  find: 'else if (object === null) {',
  replace: 'else if (false) {',
  story: 'That a stand-in keeps nothing of a key counts like the word of an owner (T18).',
};
