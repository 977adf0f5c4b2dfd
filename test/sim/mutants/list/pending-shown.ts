import type {Mutant} from '../mutant.js';

export const pendingShown: Mutant = {
  name: 'pending-shown',
  file: 'actors/vnode/shard.js',
  find:
    'this.ports.objects.commits.whenDurable(operation.name, failure => ' +
    'operation.done(failure === null ? held : rejectFailure(failure)));',
  replace: 'operation.done(held);',
  story: 'A read is answered with an object whose commit is still under way, and may fail.',
};
