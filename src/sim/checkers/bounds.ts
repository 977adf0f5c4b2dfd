/** No queue in front of an actor grows past its bound. */
import type {TreeNode} from '../../../actors/host/tree.js';

export type Bounds = {
  /** Waiting for one actor, by the first word of its id. */
  readonly of: (kind: string) => number;
};

export function checkBounds(host: string, tree: TreeNode, bounds: Bounds): string[] {
  return tree.children.flatMap(({id, mailboxDepth}) => {
    const [kind = ''] = id.split('.');
    const bound = bounds.of(kind);
    return mailboxDepth > bound
      ? [`${host}: ${mailboxDepth} operations wait for ${id}, ${bound} are allowed`]
      : [];
  });
}
