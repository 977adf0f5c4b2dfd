import type {Mutant} from '../mutant.js';

export const acknowledgeBeforeSync: Mutant = {
  name: 'acknowledge-before-sync',
  file: 'actors/store/store.effects.js',
  find: 'const sync = mustSync() || objects.commits.mustSync;',
  replace: 'const sync = false;',
  story: 'Commits are counted once they are written, and never synced.',
};
