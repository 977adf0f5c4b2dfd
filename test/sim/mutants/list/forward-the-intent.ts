import type {Mutant} from '../mutant.js';

export const forwardTheIntent: Mutant = {
  name: 'forward-the-intent',
  file: 'actors/vnode/shard.js',
  find: 'this.#write(operation.name, mine, merged, failure => this.#ended(operation, failure));',
  replace: `const { id, tombstone, deflated, value } = merged.object.siblings.at(-1);
            const intent = { cover: 'everything', coverHlc: 0, id, tombstone, deflated, value };
            const rules = { conflicts: 'siblings', maxSiblings: 1000 };
            const asked = { ...operation, intent, rules, decided: () => undefined };
            this.#writes.take(asked, mine);`,
  story: 'Each replica stamps what it is sent anew, as if it had been asked for the write (T6).',
};
