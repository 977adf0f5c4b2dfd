import type {Mutant} from '../mutant.js';

export const salvageKeepsIdentities: Mutant = {
  name: 'salvage-keeps-identities',
  file: 'src/store/salvager.js',
  find: `            case 'identity':
`,
  replace: '',
  story:
    'A vnode whose store was damaged goes on under its old incarnation, and serves at once (T42).',
};
