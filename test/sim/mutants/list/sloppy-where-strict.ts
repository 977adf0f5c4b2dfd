import type {Mutant} from '../mutant.js';

export const sloppyWhereStrict: Mutant = {
  name: 'sloppy-where-strict',
  file: 'actors/coordinator/write-flight.js',
  find: '        if (isSloppy) {',
  replace: '        if (true) {',
  story: 'Stand-ins take writes of buckets that allow none.',
};
