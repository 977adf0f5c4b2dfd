import type {Mutant} from '../mutant.js';

export const leavesNotReread: Mutant = {
  name: 'leaves-not-reread',
  file: 'actors/store/store.effects.js',
  find: "if (failure?.code === 'FULL') {",
  replace: 'if (false) {',
  story: 'After a commit that failed the Merkle leaves go on as if it had taken effect.',
};
