import type {Mutant} from '../mutant.js';

export const readErrorIsAbsence: Mutant = {
  name: 'read-error-is-absence',
  file: 'actors/vnode/shard.js',
  find: `operation.done(reject(Code.unavailable, text));
        }
        else if (this.#mustWait`,
  replace: `operation.done(operation.kind === 'read' ? null : reject(Code.unavailable, text));
        }
        else if (this.#mustWait`,
  story: 'A replica that cannot read a key says that there is no such key (T42).',
};
