import type {Mutant} from '../mutant.js';

export const gatheredBatchSurvives: Mutant = {
  name: 'gathered-batch-survives',
  file: 'src/store/group-commit.js',
  find: `        const batches = [this.#committing, this.#gathering];
        this.#committing = null;
        this.#gathering = new Batch();`,
  replace: `        const batches = [this.#committing];
        this.#committing = null;`,
  story: 'What was decided on top of a failed commit is committed as if that had not failed.',
  elusive: '80 seeds; test/store/group-commit.test.ts notices',
};
