/** What a vnode and a coordinator must know of a bucket's policy to decide a write. */
export type BucketRules = {
  readonly conflicts: 'siblings' | 'lww';
  readonly maxSiblings: number;
};
