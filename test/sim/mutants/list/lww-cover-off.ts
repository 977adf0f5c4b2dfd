import type {Mutant} from '../mutant.js';

export const lwwCoverOff: Mutant = {
  name: 'lww-cover-off',
  file: 'actors/vnode/decide.js',
  find: "rules.conflicts === 'lww' ? coverAlso(asked, mine) : asked",
  replace: 'asked',
  story: 'Where the last writer wins, a write covers its context alone: what nobody sees piles up.',
};
