import type {Mutant} from '../mutant.js';

export const repairWithoutTheDots: Mutant = {
  name: 'repair-without-the-dots',
  file: 'actors/coordinator/read-flight.js',
  find: 'this.desk.repair(this.request, encodeObject(merged), slots);',
  replace: `const next = ({ incarnation, counter }) => ({ incarnation, counter: counter + 1 });
            const siblings = merged.siblings.map(one => ({ ...one, dots: one.dots.map(next) }));
            const stamped = { ...merged, siblings, vector: merged.vector.map(next) };
            this.desk.repair(this.request, encodeObject(stamped), slots);`,
  story:
    'Read repair writes what it merged under dots of its own, not under the original ones (T32).',
};
