import type {Mutant} from '../mutant.js';

export const repairFindsNothing: Mutant = {
  name: 'repair-finds-nothing',
  file: 'src/repair/difference.js',
  find: 'return both === null ? [] : [both];',
  replace: 'return [];',
  story: 'Owners that differ are called equal.',
};
