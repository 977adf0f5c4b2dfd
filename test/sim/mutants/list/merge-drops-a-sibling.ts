import type {Mutant} from '../mutant.js';

export const mergeDropsASibling: Mutant = {
  name: 'merge-drops-a-sibling',
  file: 'src/causality/merge.js',
  find: 'const alive = [...survivors(a, b, wounded), ...survivors(b, a, wounded)];',
  replace: 'const alive = [...survivors(a, b, wounded), ...survivors(b, a, wounded)].slice(0, 2);',
  story: 'A merge keeps two siblings and drops the others.',
};
