import type {Mutant} from '../mutant.js';

export const weakCalledStrict: Mutant = {
  name: 'weak-called-strict',
  file: 'actors/coordinator/answers.js',
  find: `r + w > n ? 'strict' : 'weak'`,
  replace: `'strict'`,
  story: 'An answer is called strict though its read and write quorums need not meet.',
};
