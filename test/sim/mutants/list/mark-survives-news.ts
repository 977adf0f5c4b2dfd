import type {Mutant} from '../mutant.js';

export const markSurvivesNews: Mutant = {
  name: 'mark-survives-news',
  file: 'actors/vnode/decide.js',
  find: 'mine.marked(false)',
  replace: 'mine',
  story: 'A tombstone that meets an older copy stays marked to go.',
  elusive: '250 seeds; test/actors/shard.test.ts notices',
};
