/** Operations for a vnode that write down, under a label, how they end. */
import type {
  CoordinateOperation,
  MergeOperation,
  PurgeOperation,
  ReadOperation,
} from '../../actors/vnode/vnode.messages.js';
import type {PurgeStep} from '../../actors/vnode/decide-purge.js';
import type {Hash64} from '../../src/merkle/object-hash.js';
import type {VersionVector} from '../../src/causality/version-vector.js';
import type {Held} from '../../src/store/held.js';
import {objectOf, valuesOf, type WriteOf} from './held.js';
import {hold} from '../../src/store/held.js';

export type PutOf = {
  readonly cover?: VersionVector | 'everything';
  readonly coverHlc?: number;
  readonly id?: string;
  readonly conflicts?: 'siblings' | 'lww';
  readonly maxSiblings?: number;
  readonly deadlineMs?: number;
  readonly tombstone?: boolean;
};

export class Diary {
  readonly lines: string[] = [];
  /** What coordinated writes handed out for the other owners, latest last. */
  readonly decided: Held[] = [];

  put(label: string, name: string, value: string, put: PutOf = {}): CoordinateOperation {
    const {cover = 'everything', coverHlc = 0, id = ''} = put;
    const {conflicts = 'siblings', maxSiblings = 100, deadlineMs = Infinity} = put;
    const tombstone = put.tombstone === true;
    const bytes = tombstone ? Buffer.of() : Buffer.from(value);
    return {
      kind: 'coordinate',
      name,
      intent: {cover, coverHlc, id, tombstone, deflated: false, value: bytes},
      rules: {conflicts, maxSiblings},
      deadlineMs,
      decided: held => {
        this.decided.push(held);
        this.lines.push(`${label} decided`);
      },
      done: rejection => this.lines.push(`${label} ${rejection?.code ?? 'done'}`),
    };
  }

  read(label: string, name: string): ReadOperation {
    return {
      kind: 'read',
      name,
      done: answer => {
        const said =
          answer === null
            ? 'absent'
            : 'code' in answer
              ? answer.code
              : valuesOf(answer.object).join('+');
        this.lines.push(`${label} ${said}`);
      },
    };
  }

  purge(label: string, step: PurgeStep, name: string, hash: Hash64): PurgeOperation {
    return {
      kind: 'purge',
      step,
      name,
      hash,
      entries: [],
      done: answer =>
        this.lines.push(`${label} ${typeof answer === 'object' ? answer.code : answer}`),
    };
  }

  /** An object as a peer sends it. */
  merge(label: string, name: string, value: string, write: WriteOf = {}): MergeOperation {
    return this.mergeBytes(label, name, hold(name, objectOf(value, write)).bytes);
  }

  mergeBytes(label: string, name: string, bytes: Uint8Array): MergeOperation {
    return {
      kind: 'merge',
      name,
      bytes,
      done: rejection => this.lines.push(`${label} ${rejection?.code ?? 'done'}`),
    };
  }
}
