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

/** What was told to the client: `text` is empty on success. */
type Told = {readonly code: Code; readonly text: string};

export class RequestStats {
  readonly #lastErrors = new Map<Verb, string>();
  readonly #processingMs = new Map<Verb, number>();

  constructor(private readonly counters: Counters) {}

  begun(verb: Verb): void {
    this.counters.add(`requests_${verb}`);
  }

  ended(verb: Verb, {code, text}: Told, tookMs: number): void {
    this.counters.answered(verb, code);
    this.#processingMs.set(verb, (this.#processingMs.get(verb) ?? 0) + tookMs);
    if (code !== Code.ok && code !== Code.notFound) {
      this.#lastErrors.set(verb, `${code}: ${text}`);
    }
  }

  of(verb: Verb): EndpointStats {
    return {
      requests: this.counters.get(`requests_${verb}`),
      errors: this.counters.get(`errors_${verb}`),
      lastError: this.#lastErrors.get(verb) ?? '',
      processingMs: this.#processingMs.get(verb) ?? 0,
    };
  }
}
