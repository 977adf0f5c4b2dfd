/**
 * When a joining vnode may serve: whoever may have lost what it acknowledged must not answer for
 * it.
 *
 * The rule is that it was compared with every other owner since it began to join, and whatever they
 * had was merged here. Then it holds all that any of them held, and counts again.
 *
 * The exception is a cluster in which nothing was ever stored: an owner whose store is new may
 * serve when all owners that it can reach are virgin as well, or held it for virgin when they began
 * to serve, and they and it are a majority. No write can have been acknowledged by a majority that
 * did not include one of them, and none of them had ever acknowledged one.
 *
 * What each case costs:
 *   - One of three disks is lost: nothing. The owner comes back empty and is not virgin among the
 *     others, so it waits for both of them. While one of them is down, R=2 has one owner left.
 *   - Two owners lose their disks one after the other, the second once the first was proven:
 *     nothing.
 *   - Two lose them together, the third is up: they join, and both take from it all that it has. A
 *     write that only those two had acknowledged is lost: as many copies of it as acknowledged it
 *     went before the partition was proven equal again, which no store can make good.
 *   - Two lose them together while the third is down: they look like a new cluster, and serve. The
 *     same writes are lost, and others are missing until the third returns: then it is compared
 *     with both like any owner, nothing of it is overruled, and all that it has is back.
 *   - A restart while joining begins anew: what was merged stays, what was proven is forgotten.
 */
export type OtherOwner = {
  /** Found equal, or made so, since this vnode began to join. */
  readonly isProven: boolean;
  readonly isReachable: boolean;
  readonly isVirgin: boolean;
  readonly hasFounded: boolean;
};

export type Joiner = {
  /** The host's store was created when this process started. */
  readonly isFresh: boolean;
  readonly isEmpty: boolean;
  readonly others: readonly OtherOwner[];
};

export function mayServe({isFresh, isEmpty, others}: Joiner): boolean {
  return others.every(({isProven}) => isProven) || mayFound({isFresh, isEmpty, others});
}

function mayFound({isFresh, isEmpty, others}: Joiner): boolean {
  const reachable = others.filter(other => other.isReachable);
  const founders = reachable.filter(other => other.isVirgin || other.hasFounded);
  return (
    isFresh &&
    (isEmpty || founders.some(({hasFounded}) => hasFounded)) &&
    reachable.every(other => other.isProven || founders.includes(other)) &&
    2 * (1 + founders.length) > 1 + others.length
  );
}
