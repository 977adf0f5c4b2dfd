import type {Mutant} from '../mutant.js';

export const forwardTheIntent: Mutant = {
  name: 'forward-the-intent',
  file: 'actors/vnode/shard.js',
  find: '            this.#write(operation, mine, theirs);',
  replace: `            const own = this.#stamper.stamp(theirs.object, 0);
            const { vector, siblings } = theirs.object;
            const last = siblings.at(-1);
            this.#write(operation, mine, own === null ? theirs : hold(operation.name, {
                ...theirs.object,
                vector: mergeVectors(vector, [own.dot]),
                siblings: [...siblings.slice(0, -1), { ...last, dots: [own.dot] }],
            }));`,
  story:
    'Each replica stamps what it is sent anew, as if it had been asked for the write itself (T6).',
};
