import type {Mutant} from '../mutant.js';

export const leafForgotten: Mutant = {
  name: 'leaf-forgotten',
  file: 'actors/vnode/shard.js',
  find: 'tree.update(leaf, before?.weight ?? null, held?.weight ?? null);',
  replace: 'if (before === null) tree.update(leaf, null, held?.weight ?? null);',
  story: 'The Merkle leaf of a key that is written again stays as it was.',
};
