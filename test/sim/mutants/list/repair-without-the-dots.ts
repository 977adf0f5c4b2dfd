import type {Mutant} from '../mutant.js';

export const repairWithoutTheDots: Mutant = {
  name: 'repair-without-the-dots',
  file: 'actors/coordinator/read-repair.js',
  find: 'const bytes = encodeObject(merged);',
  replace: `const next = ({ incarnation, counter }) => ({ incarnation, counter: counter + 1 });
    const siblings = merged.siblings.map(one => ({ ...one, dots: one.dots.map(next) }));
    const bytes = encodeObject({ ...merged, siblings, vector: merged.vector.map(next) });`,
  story: 'Read repair writes what it merged under other dots than the original ones (T32).',
};
