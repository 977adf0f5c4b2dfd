import type {Mutant} from '../mutant.js';

export const acknowledgeBeforeCommit: Mutant = {
  name: 'acknowledge-before-commit',
  file: 'src/store/group-commit.js',
  find: `        batch.bytes += write.held?.bytes.length ?? 0;
        this.#join(durable);`,
  replace: `        batch.bytes += write.held?.bytes.length ?? 0;
        durable(null);
        this.#join(() => undefined);`,
  story:
    'A copy is counted while its commit still gathers: a power cut takes what was acknowledged.',
};
