import type {Mutant} from '../mutant.js';

export const joinsAtOnce: Mutant = {
  name: 'joins-at-once',
  file: 'src/repair/standing.js',
  find: 'return others.every(({ isProven }) => isProven) ||',
  replace: 'return true ||',
  story: 'A vnode that has lost its disk serves before it was compared with the others (T42).',
};
