import type {Mutant} from '../mutant.js';

export const retryUnrecognised: Mutant = {
  name: 'retry-unrecognised',
  file: 'src/causality/write.js',
  find: `if (object === undefined || id === '') {`,
  replace: 'if (true) {',
  story: 'A write that is tried again is applied again, over whatever has superseded it meanwhile.',
};
