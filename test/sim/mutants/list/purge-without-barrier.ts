import type {Mutant} from '../mutant.js';

export const purgeWithoutBarrier: Mutant = {
  name: 'purge-without-barrier',
  file: 'actors/purge/purge.effects.js',
  find: `if (missing === '') {`,
  replace: `if (due.length > 0) {
            clock.endOfTurn(() => end({ free: new Set(due.map(({ partition }) => partition)), why: '' }));
        }
        else if (missing === '') {`,
  story:
    'What all owners have marked is removed after a while, whatever other hosts keep or have under way (T11).',
};
