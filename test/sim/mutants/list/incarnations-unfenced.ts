import type {Mutant} from '../mutant.js';

export const incarnationsUnfenced: Mutant = {
  name: 'incarnations-unfenced',
  file: 'actors/link/reception.js',
  find: 'if (!isToMe || frame.fromIncarnation !== known) {',
  replace: 'if (false) {',
  story:
    'Frames to or from an earlier life of a host are believed: an old answer counts ' +
    'for a new question.',
  elusive: '80 seeds; test/actors/reception.test.ts and protocol/bad-frames notice',
};
