import type {Mutant} from '../mutant.js';

export const lwwCoverOff: Mutant = {
  name: 'lww-cover-off',
  file: 'actors/vnode/shard.js',
  find: `rules.conflicts === 'lww' ? coverAlso(operation.intent, mine) : operation.intent`,
  replace: 'operation.intent',
  story:
    'Where the last writer wins, a write covers its context alone: siblings that ' +
    'nobody sees pile up.',
};
