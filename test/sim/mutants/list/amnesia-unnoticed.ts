import type {Mutant} from '../mutant.js';

export const amnesiaUnnoticed: Mutant = {
  name: 'amnesia-unnoticed',
  file: 'actors/vnode/stamper.js',
  find: '<= this.#counter',
  replace: '<= Number.MAX_SAFE_INTEGER',
  story:
    'A vnode that is shown a dot of its own which it does not know goes on under its incarnation (T2).',
};
