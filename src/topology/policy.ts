/**
 * What a bucket promises: how many copies, how many must answer, what becomes of concurrent writes.
 *
 * Invariants:
 *   1. A bucket's n is at most the cluster's: it uses the first n owners of each partition.
 *   2. R and W, once resolved, lie in 1..n.
 *   3. A flag that is not understood in full changes nothing.
 */
import {isBucket} from '../keys.js';

/** A number of owners, or a word for one that follows n. */
export type QuorumSpec = number | 'one' | 'quorum' | 'all';

export type BucketPolicy = {
  /** Copies of each object. */
  readonly n: number;
  /** Owners that a get hears. */
  readonly r: QuorumSpec;
  /** Owners that hold a put or delete durably before it is acknowledged. */
  readonly w: QuorumSpec;
  /** Concurrent writes are kept side by side, or the newest by hybrid logical clock wins. */
  readonly conflicts: 'siblings' | 'lww';
  /**
   * `sloppy` counts stand-ins and stays available; `strict` counts owners only and stays
   * consistent.
   */
  readonly quorum: 'sloppy' | 'strict';
  /** Larger values are refused. Tuned for values under 10 KiB. */
  readonly maxValueBytes: number;
  /** A write that would leave more siblings than this is refused. */
  readonly maxSiblings: number;
  readonly compression: 'none' | 'deflate';
};

export const DEFAULT_POLICY: BucketPolicy = {
  n: 3,
  r: 'quorum',
  w: 'quorum',
  conflicts: 'siblings',
  quorum: 'sloppy',
  maxValueBytes: 256 * 1024,
  maxSiblings: 100,
  compression: 'none',
};

/** An object may have 768 KiB in all; a single value leaves room in it for its vector. */
export const VALUE_BYTES_MAX = 512 * 1024;
export const SIBLINGS_MAX = 1000;
export const OWNERS_MAX = 15;

/** Null when it is neither a whole number in plain digits nor one of the words. */
export function parseQuorum(text: string): QuorumSpec | null {
  if (text === 'one' || text === 'quorum' || text === 'all') {
    return text;
  }

  return parseCount(text);
}

/** How many of n that is; null outside 1..n. */
export function resolveQuorum(spec: QuorumSpec, n: number): number | null {
  switch (spec) {
    case 'one':
      return 1;
    case 'quorum':
      return Math.floor(n / 2) + 1;
    case 'all':
      return n;
    default:
      return spec >= 1 && spec <= n ? spec : null;
  }
}

/** What cannot be kept in a cluster of `n` copies, each a sentence. Empty for a policy that can. */
export function policyProblems(policy: BucketPolicy, n: number): string[] {
  const problems: string[] = [];
  if (policy.n > n) {
    problems.push(`n=${policy.n} is more than the cluster's n of ${n}`);
  }

  for (const which of ['r', 'w'] as const) {
    if (resolveQuorum(policy[which], policy.n) === null) {
      problems.push(`${which}=${policy[which]} is outside 1..${policy.n}`);
    }
  }

  return problems;
}

export type BucketFlag = {readonly bucket: string; readonly policy: Partial<BucketPolicy>};

type Field<Value> = {readonly allowed: string; readonly parse: (text: string) => Value | null};

const FIELDS: {readonly [Name in keyof BucketPolicy]: Field<BucketPolicy[Name]>} = {
  n: count(OWNERS_MAX),
  r: {allowed: 'a number, one, quorum or all', parse: parseQuorum},
  w: {allowed: 'a number, one, quorum or all', parse: parseQuorum},
  conflicts: choice('siblings', 'lww'),
  quorum: choice('sloppy', 'strict'),
  maxValueBytes: count(VALUE_BYTES_MAX),
  maxSiblings: count(SIBLINGS_MAX),
  compression: choice('none', 'deflate'),
};

/** Reads `orders:quorum=strict,conflicts=lww,n=3`. A string is the reason why it cannot be read. */
export function parseBucketFlag(flag: string): BucketFlag | string {
  const colon = flag.indexOf(':');
  const bucket = flag.slice(0, Math.max(colon, 0));
  if (!isBucket(bucket) || bucket === '__proto__') {
    return `'${flag}' does not start with a bucket and a colon: write orders:quorum=strict,n=3`;
  }

  const policy: Record<string, unknown> = {};
  for (const setting of flag.slice(colon + 1).split(',')) {
    const problem = readSetting(setting, policy);
    if (problem !== null) {
      return `bucket ${bucket}: ${problem}`;
    }
  }

  return {bucket, policy};
}

function readSetting(setting: string, policy: Record<string, unknown>): string | null {
  const [name = '', text = '', ...rest] = setting.split('=');
  if (!isField(name)) {
    return `'${setting}' is no setting: allowed are ${Object.keys(FIELDS).join(', ')}`;
  }

  const value = rest.length === 0 ? FIELDS[name].parse(text) : null;
  if (value === null) {
    return `${name} cannot be '${[text, ...rest].join('=')}': allowed is ${FIELDS[name].allowed}`;
  }

  if (Object.hasOwn(policy, name)) {
    return `${name} is given twice`;
  }

  policy[name] = value;
  return null;
}

function isField(name: string): name is keyof BucketPolicy {
  return Object.hasOwn(FIELDS, name);
}

function choice<Word extends string>(...words: readonly Word[]): Field<Word> {
  return {
    allowed: words.join(' or '),
    parse: text => words.find(word => word === text) ?? null,
  };
}

function count(max: number): Field<number> {
  return {
    allowed: `a whole number from 1 to ${max}`,
    parse: text => {
      const value = parseCount(text);
      return value !== null && value >= 1 && value <= max ? value : null;
    },
  };
}

function parseCount(text: string): number | null {
  return /^(?:0|[1-9]\d{0,8})$/.test(text) ? Number(text) : null;
}
