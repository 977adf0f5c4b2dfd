import type {Mutant} from '../mutant.js';

export const leaseNotHonoured: Mutant = {
  name: 'lease-not-honoured',
  file: 'actors/vnode/vnode.effects.js',
  find: 'found?.leasedUpTo ?? 0',
  replace: '0',
  story:
    'A vnode that goes on under its incarnation counts from the beginning, not above its lease.',
};
