import type {Mutant} from '../mutant.js';

export const readNotConfirmed: Mutant = {
  name: 'read-not-confirmed',
  file: 'actors/coordinator/confirm-flight.js',
  find: 'return n - r + 1;',
  replace: 'return Math.min(1, n - r + 1);',
  story: 'A monotonic get answers with what one owner alone may hold (T31).',
  elusive: '300 seeds; test/actors/confirm-flight.test.ts notices',
};
