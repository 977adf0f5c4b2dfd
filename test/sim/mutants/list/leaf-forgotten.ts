import type {Mutant} from '../mutant.js';

export const leafForgotten: Mutant = {
  name: 'leaf-forgotten',
  file: 'actors/vnode/shard.js',
  find: 'this.tree.update(leaf, before?.hash ?? null, held.hash);',
  replace: 'if (before === null) this.tree.update(leaf, null, held.hash);',
  story: 'The Merkle leaf of a key that is written again stays as it was.',
};
