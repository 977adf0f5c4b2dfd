/**
 * The one way into a host for a client's request, however it came: name, size and options are
 * checked here, once, and what passes is either put before the coordinator or said to belong to
 * another host.
 */
import type {Request} from '../../actors/coordinator/coordinator.messages.js';
import type {ContextScope} from '../causality/context.js';
import {Code, reject, type Rejection} from '../errors.js';
import {checkName} from '../keys.js';
import type {Clock} from '../ports/clock.js';
import {partitionOf} from '../ring/partition.js';
import type {Verb} from '../subjects.js';
import type {Topology} from '../topology/document.js';
import {policyOf} from '../topology/lookup.js';
import {deflate} from '../wire/compression.js';
import {isRejection, parseOptions, type RawOptions} from './request-options.js';

export type Asked = {
  readonly verb: Verb;
  readonly bucket: string;
  /** Tokens joined by dots, as in a subject. */
  readonly key: string;
  readonly value: Uint8Array;
  readonly options: RawOptions;
};

export class Admission {
  readonly #clusterId: string;
  readonly #secret: Uint8Array;

  constructor(
    private readonly topology: Topology,
    private readonly clock: Clock,
  ) {
    this.#clusterId = topology.cluster.id;
    this.#secret = Buffer.from(topology.cluster.secret, 'base64url');
  }

  /** Never throws. `answer` is called by whoever carries the request out, never here. */
  admit(asked: Asked, answer: Request['answer']): Request | Rejection {
    const {verb, bucket, key, value} = asked;
    const problem = checkName(bucket, key);
    if (problem !== null) {
      return problem;
    }

    const name = `${bucket}.${key}`;
    const policy = policyOf(this.topology, bucket);
    if (verb === 'put' && value.length > policy.maxValueBytes) {
      const sizes = `the value has ${value.length} bytes, the bucket takes ${policy.maxValueBytes}`;
      return reject(Code.tooLarge, `${sizes}: store it in parts`);
    }

    const options = parseOptions(asked.options, policy, this.contextScope(name));
    if (isRejection(options)) {
      return options;
    }

    const kept = verb === 'put' ? value : NO_VALUE;
    const packed = policy.compression === 'deflate' ? deflate(kept) : null;
    // Field by field: an object made by spreading has no shape that the engine could learn.
    return {
      verb,
      partition: partitionOf(name, this.topology.partitions),
      name,
      rules: policy,
      n: policy.n,
      r: options.r,
      w: options.w,
      isSloppy: policy.quorum === 'sloppy',
      isMonotonic: options.isMonotonic,
      context: options.context,
      value: packed === null ? kept : packed.value,
      deflated: packed !== null && packed.deflated,
      id: verb === 'get' ? '' : options.id,
      deadlineMs: this.clock.nowMs() + options.timeoutMs,
      answer,
    };
  }

  contextScope(name: string): ContextScope {
    return {clusterId: this.#clusterId, secret: this.#secret, name};
  }
}

const NO_VALUE = new Uint8Array(0);
