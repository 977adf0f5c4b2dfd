import type {Mutant} from '../mutant.js';

export const readErrorIsAbsence: Mutant = {
  name: 'read-error-is-absence',
  file: 'actors/vnode/shard.js',
  find: 'operation.done(rejectUnreadable(loaded));',
  replace: "operation.done(operation.kind === 'read' ? null : rejectUnreadable(loaded));",
  story: 'A replica that cannot read a key says that there is no such key (T42).',
};
