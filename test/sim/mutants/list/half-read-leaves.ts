import type {Mutant} from '../mutant.js';

export const halfReadLeaves: Mutant = {
  name: 'half-read-leaves',
  file: 'src/store/leaf-journal.js',
  find: 'if (this.#waiting !== null) {',
  replace: 'if (false) {',
  story: 'A vnode restores its tree from what the journal knew before a failed commit.',
};
