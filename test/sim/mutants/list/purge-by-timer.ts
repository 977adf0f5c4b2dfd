import type {Mutant} from '../mutant.js';

export const purgeByTimer: Mutant = {
  name: 'purge-by-timer',
  file: 'actors/purge/owners.js',
  find: 'hoped.has(answers[at])',
  replace: 'true',
  story: 'Tombstones are removed once they are old, whatever the other owners answer (T10).',
};
