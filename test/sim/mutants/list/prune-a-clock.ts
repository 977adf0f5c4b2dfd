import type {Mutant} from '../mutant.js';

export const pruneAClock: Mutant = {
  name: 'prune-a-clock',
  file: 'src/causality/merge.js',
  find: 'vector: mergeVectors(a.vector, b.vector)',
  replace: 'vector: mergeVectors(a.vector, b.vector).slice(-2)',
  story: 'A merge keeps two entries of a version vector and forgets the others (T7).',
};
