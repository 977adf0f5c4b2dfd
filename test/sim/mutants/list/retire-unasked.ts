import type {Mutant} from '../mutant.js';

export const retireUnasked: Mutant = {
  name: 'retire-unasked',
  file: 'actors/vnode/decide-retire.js',
  find: '!areSpent(entries, mine.object)',
  replace: 'entries.length === 0',
  story: 'An owner lets go of entries that it was told of, whatever it has seen or carries itself.',
};
