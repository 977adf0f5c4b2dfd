/** No queue in front of an actor grows past its bound. */
import type {TreeNode} from '../../../actors/host/tree.js';

/** `boundOf` is given the first word of an actor's id. */
export function checkBounds(
  host: string,
  tree: TreeNode,
  boundOf: (kind: string) => number,
): string[] {
  return tree.children.flatMap(({id, mailboxDepth}) => {
    const [kind = ''] = id.split('.');
    const bound = boundOf(kind);
    return mailboxDepth > bound
      ? [`${host}: ${mailboxDepth} operations wait for ${id}, ${bound} are allowed`]
      : [];
  });
}
