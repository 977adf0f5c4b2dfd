import type {Mutant} from '../mutant.js';

export const identityKept: Mutant = {
  name: 'identity-kept',
  file: 'actors/vnode/vnode.machine.js',
  find:
    "context.mayContinue && event.type === 'vnode.restored' && " +
    'event.identity?.isSealed === true',
  replace: "event.type === 'vnode.restored' && event.identity !== null",
  story: 'A vnode goes on under its incarnation after a crash or a failed commit (T1).',
};
