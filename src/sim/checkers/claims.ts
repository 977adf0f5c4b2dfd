/** What an answer says of itself is possible: its code, its count, and its word on the quorum. */
import {resolveQuorum, parseQuorum, type BucketPolicy} from '../../topology/policy.js';
import {describe, type Attempt, type Claim} from '../history.js';

/** By verb: what a request that is well formed may be answered. */
const CODES: Readonly<Record<string, readonly number[]>> = {
  get: [200, 404, 413, 429, 503, 504],
  put: [200, 413, 429, 503, 504],
  del: [200, 413, 429, 503, 504],
};

export function checkClaim({operation}: Attempt, claim: Claim, policy: BucketPolicy): string[] {
  const {host, code, acks, slots, outcome, text} = claim;
  const {verb} = operation;
  const said = `${host} answered ${describe(operation)} with ${code} (${acks}/${slots} ${outcome})`;
  if (CODES[verb]?.includes(code) !== true) {
    return [`${said}: ${text}`];
  }

  // Turned down at the edge: nobody was asked, so nothing is said of a quorum.
  if (outcome === '' || slots === 0) {
    return code === 200 || code === 404 ? [`${said}, and does not say by whom`] : [];
  }

  const r = wanted(operation.r, policy.r, policy.n);
  const w = wanted(operation.w, policy.w, policy.n);
  const needed = verb === 'get' ? r : w;
  const isDone = code === 200 || code === 404;
  const problems: string[] = [];
  if (slots !== policy.n || acks > slots) {
    problems.push(`${said} where ${policy.n} copies are kept`);
  }

  // A delete that finds nothing to delete has only read.
  if (isDone && acks < (verb === 'del' ? Math.min(r, w) : needed)) {
    problems.push(`${said} and ${needed} were needed`);
  }

  const isStrict = r + w > policy.n;
  const isFalse =
    outcome === 'sloppy' ? policy.quorum === 'strict' : (outcome === 'strict') !== isStrict;
  if (isDone && isFalse) {
    problems.push(`${said} with R ${r}, W ${w} of ${policy.n} in a ${policy.quorum} bucket`);
  }

  return problems;
}

function wanted(asked: string, usual: BucketPolicy['r'], n: number): number {
  const spec = asked === '' ? usual : parseQuorum(asked);
  return (spec === null ? null : resolveQuorum(spec, n)) ?? n;
}
