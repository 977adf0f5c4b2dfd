/**
 * Whom to ask: the topology as far as this client knows it, which hosts were last found not to
 * answer, and which had more work than they could take on.
 *
 * Invariants:
 *   1. The epoch only grows.
 *   2. The topology is asked for once at a time.
 *   3. A suspicion, or that a host is busy, changes the order of owners, never their set: if all
 *      are suspects, all are tried.
 *   4. A stand-in is asked only for a key of a sloppy bucket, after all owners, when none of them
 *      was found to answer.
 */
import type {Clock} from '../ports/clock.js';
import {partitionOf} from '../ring/partition.js';
import type {Subjects} from '../subjects.js';
import {parsePublicTopology, type PublicTopology} from '../topology/document.js';
import {ownersOf, policyOf, standInsOf} from '../topology/lookup.js';
import type {Questions} from './questions.js';

/** A host that did not answer comes last for so long. */
const SUSPECTED_MS = 1_000;
/** A host that had too much work comes after the others for so long. */
const BUSY_MS = 100;
const ASK_TIMEOUT_MS = 1_000;
const NOTHING = new Uint8Array(0);
const never = () => false;

/**
 * learnt: there is a topology, though perhaps the same as before. absent: no host is there to tell
 * it.
 */
export type Lesson = 'learnt' | 'absent' | 'unclear';

export class Directory {
  topology: PublicTopology | null = null;
  readonly #suspectedUntilMs = new Map<string, number>();
  readonly #busyUntilMs = new Map<string, number>();
  #asking: Array<(lesson: Lesson) => void> = [];

  constructor(
    private readonly questions: Questions,
    private readonly clock: Clock,
    private readonly subjects: Subjects,
  ) {}

  /**
   * The host to try next, `tried` left out; null when all were, or when nothing is known. Of owners
   * that are as good as each other one that is `ready` comes first.
   */
  next(
    bucket: string,
    key: string,
    tried: readonly string[],
    ready: (host: string) => boolean = never,
  ): string | null {
    const {topology} = this;
    if (topology === null) {
      return null;
    }

    const partition = partitionOf(`${bucket}.${key}`, topology.partitions);
    const {n, quorum} = policyOf(topology, bucket);
    const owners = ownersOf(topology, partition, n);
    const owner = this.#first(owners, tried, ready);
    if (owner !== null || quorum === 'strict' || !owners.every(one => this.#isSuspect(one))) {
      return owner;
    }

    return this.#first(standInsOf(topology, partition).slice(0, n), tried, never);
  }

  /**
   * Of those that were not tried the first that is neither suspect nor busy, a ready one before
   * others; else the first.
   */
  #first(
    hosts: readonly string[],
    tried: readonly string[],
    ready: (host: string) => boolean,
  ): string | null {
    let good: string | null = null;
    let busy: string | null = null;
    let suspect: string | null = null;
    for (const host of hosts) {
      if (tried.includes(host)) {
        continue;
      }

      if (this.#isSuspect(host)) {
        suspect ??= host;
      } else if (this.isBusy(host)) {
        busy ??= host;
      } else if (ready(host)) {
        return host;
      } else {
        good ??= host;
      }
    }

    return good ?? busy ?? suspect;
  }

  /** The host has more work than it can take on. */
  noteBusy(host: string): void {
    this.#busyUntilMs.set(host, this.clock.nowMs() + BUSY_MS);
  }

  isBusy(host: string): boolean {
    return this.#busyUntilMs.size > 0 && this.#isBefore(this.#busyUntilMs.get(host));
  }

  suspect(host: string): void {
    this.#suspectedUntilMs.set(host, this.clock.nowMs() + SUSPECTED_MS);
  }

  clear(host: string): void {
    if (this.#suspectedUntilMs.size > 0) {
      this.#suspectedUntilMs.delete(host);
    }
  }

  learn(done: (lesson: Lesson) => void): void {
    this.#asking.push(done);
    if (this.#asking.length > 1) {
      return;
    }

    this.questions.ask(this.subjects.info, NOTHING, ASK_TIMEOUT_MS, answer => {
      const lesson =
        answer.kind === 'answered'
          ? this.#take(answer.payload)
          : answer.kind === 'unheard'
            ? 'absent'
            : 'unclear';
      const waiting = this.#asking;
      this.#asking = [];
      for (const tell of waiting) {
        tell(lesson);
      }
    });
  }

  #take(payload: Uint8Array): Lesson {
    try {
      const heard = parsePublicTopology(Buffer.from(payload).toString());
      if (this.topology === null || heard.epoch > this.topology.epoch) {
        this.topology = heard;
      }

      return 'learnt';
    } catch {
      // Whoever answers on that subject is no host of this version: as good as no answer.
      return 'unclear';
    }
  }

  #isSuspect(host: string): boolean {
    return this.#isBefore(this.#suspectedUntilMs.get(host));
  }

  #isBefore(untilMs: number | undefined): boolean {
    return untilMs !== undefined && this.clock.nowMs() < untilMs;
  }
}
