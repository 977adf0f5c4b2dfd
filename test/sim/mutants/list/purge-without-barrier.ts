import type {Mutant} from '../mutant.js';

export const purgeWithoutBarrier: Mutant = {
  name: 'purge-without-barrier',
  file: 'actors/purge/purge.effects.js',
  find: `if (missing === '') {`,
  replace: `if (due.length > 0) {
            const free = new Set(due.map(({ partition }) => partition));
            clock.endOfTurn(() => end({ free, why: '' }));
        }
        else if (missing === '') {`,
  story:
    'What all owners have marked is removed after a while, whatever others keep or send (T11).',
  elusive: '250 seeds; test/sim/purge.test.ts notices: a hint that is found late',
};
