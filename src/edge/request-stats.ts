/**
 * How requests went, a verb: what service discovery tells of the host's endpoints.
 *
 * Invariant: a request is counted once when its verb is known, and once more when it is answered.
 */
import type {Counters} from '../counters.js';
import {Code} from '../errors.js';
import type {Verb} from '../subjects.js';

export type EndpointStats = {
  readonly requests: number;
  readonly errors: number;
  /** `code: text` of the latest error, '' without one. */
  readonly lastError: string;
  /** Of all answered requests together, from their arrival to their answer. */
  readonly processingMs: number;
};

/** A name that was put together for each request would have to be hashed for each. */
const REQUESTS = {get: 'requests_get', put: 'requests_put', del: 'requests_del'} as const;

export class RequestStats {
  readonly #lastErrors = new Map<Verb, string>();
  readonly #processingMs = {get: 0, put: 0, del: 0};

  constructor(private readonly counters: Counters) {}

  begun(verb: Verb): void {
    this.counters.add(REQUESTS[verb]);
  }

  /** What was told to the client: `text` is empty on success. */
  ended(verb: Verb, code: Code, text: string, tookMs: number): void {
    this.counters.answered(verb, code);
    this.#processingMs[verb] += tookMs;
    if (code !== Code.ok && code !== Code.notFound) {
      this.#lastErrors.set(verb, `${code}: ${text}`);
    }
  }

  of(verb: Verb): EndpointStats {
    return {
      requests: this.counters.get(REQUESTS[verb]),
      errors: this.counters.get(`errors_${verb}`),
      lastError: this.#lastErrors.get(verb) ?? '',
      processingMs: this.#processingMs[verb],
    };
  }
}
