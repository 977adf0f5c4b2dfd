import type {Mutant} from '../mutant.js';

export const amnesiaUnnoticed: Mutant = {
  name: 'amnesia-unnoticed',
  file: 'actors/vnode/stamper.js',
  find: '<= this.#counter',
  replace: '<= Number.MAX_SAFE_INTEGER',
  story: 'A vnode that is shown a dot of its own which it does not know goes on as it was (T2).',
  equivalent:
    'Every loss that a simulated disk can suffer is noticed when the store opens or reads, and ' +
    'costs the incarnation before anybody can show it a dot: this is a second line of defence.',
};
