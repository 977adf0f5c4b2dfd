/**
 * Loads lines into a cluster, many at a time.
 *
 * Invariants:
 *   1. At most `inFlightMax` puts are under way.
 *   2. Two lines of one key are put one after the other, in the file's order, so that the last one
 *      stays.
 *   3. A line is tried again under one id, until it is acknowledged, cannot be (bad), or
 *      `patienceMs` is over. Hosts that have more work than they can take on never end a load: it
 *      pauses and goes on, each pause with a place among those under way, so that it slows down.
 */
import type {Client} from '../../client/client.js';
import {BadRequest, Overloaded, QuorateError, TooLarge} from '../../client/errors.js';
import {encodeKey, KeyError} from '../../keys.js';
import {Acknowledged} from './acknowledged.js';
import type {LoadProgress} from './journal.js';
import type {Line} from './lines.js';
import {type LoadRecord, parseRecord} from './record.js';

export type LoaderOptions = {
  readonly bucket: string | undefined;
  readonly skipBad: boolean;
  readonly inFlightMax: number;
  readonly patienceMs: number;
  readonly onBad: (line: number, why: string) => void;
};

/** A line that cannot be loaded, when such lines are not skipped. */
export class BadLine extends Error {
  override readonly name = 'BadLine';

  constructor(
    readonly line: number,
    readonly why: string,
  ) {
    super(`line ${line}: ${why}`);
  }
}

const RETRY_PAUSE_MS = 200;
/** The client has paused and tried again before it says so. */
const OVERLOADED_PAUSE_MS = 1_000;

export class Loader {
  readonly #done: Acknowledged;
  /** By name: ends when no put of that key is under way. */
  readonly #keys = new Map<string, Promise<void>>();
  #line: number;
  #inFlight = 0;
  #failure: Error | null = null;
  #wake: () => void = () => {};

  constructor(
    private readonly client: Client,
    start: LoadProgress,
    private readonly options: LoaderOptions,
    /** Ends the load: nothing more is taken, and nothing is tried again. */
    private readonly signal: AbortSignal,
  ) {
    this.#done = new Acknowledged(start);
    this.#line = start.lines;
  }

  get progress(): LoadProgress {
    return this.#done.progress;
  }

  /** Rejects with what ended the load early; what was under way has then ended too. */
  async run(groups: AsyncIterable<readonly Line[]>): Promise<void> {
    try {
      await this.#takeAll(groups);
    } catch (error) {
      if (!this.signal.aborted) {
        throw error;
      }
    } finally {
      await this.#roomFor(1);
    }

    if (this.#failure !== null && !this.signal.aborted) {
      throw this.#failure;
    }
  }

  async #takeAll(groups: AsyncIterable<readonly Line[]>): Promise<void> {
    for await (const lines of groups) {
      for (const line of lines) {
        await this.#take(line);
        if (this.signal.aborted || this.#failure !== null) {
          return;
        }
      }
    }
  }

  async #take({text, endOffset}: Line): Promise<void> {
    this.#line += 1;
    const no = this.#line;
    const slot = this.#done.open(endOffset);
    if (text.trim() === '') {
      this.#done.end(slot, 'empty');
      return;
    }

    const record = parseRecord(text, this.options.bucket);
    const name = typeof record === 'string' ? '' : nameOf(record);
    const bad = (why: string) => {
      if (this.options.skipBad) {
        this.options.onBad(no, why);
        this.#done.end(slot, 'bad');
      } else {
        this.#failure ??= new BadLine(no, why);
      }
    };
    if (typeof record === 'string') {
      bad(record);
      return;
    }

    const before = this.#keys.get(name);
    if (before !== undefined) {
      await before;
    }

    if (this.#inFlight >= this.options.inFlightMax) {
      await this.#roomFor(this.options.inFlightMax);
    }

    this.#inFlight += 1;
    const put = this.#put(record)
      .then(why => (why === '' ? this.#done.end(slot, 'loaded') : bad(why)))
      .catch((error: unknown) => {
        this.#failure ??= error instanceof Error ? error : new Error(String(error));
      })
      .finally(() => {
        this.#inFlight -= 1;
        this.#keys.delete(name);
        this.#wake();
      });
    this.#keys.set(name, put);
  }

  /** '' when it is acknowledged, else why the line can never be. */
  async #put({bucket, key, value}: LoadRecord): Promise<string> {
    const id = this.client.newId();
    let giveUpAt = performance.now() + this.options.patienceMs;
    for (;;) {
      try {
        await this.client.put(bucket, key, value, {id});
        return '';
      } catch (error) {
        if (error instanceof BadRequest || error instanceof TooLarge) {
          return error.message;
        }

        const isOverloaded = error instanceof Overloaded;
        if (isOverloaded) {
          giveUpAt = performance.now() + this.options.patienceMs;
        }

        const isOver = !isOverloaded && performance.now() > giveUpAt;
        const isEnded = this.signal.aborted || this.#failure !== null;
        if (!(error instanceof QuorateError) || isEnded || isOver) {
          throw error;
        }

        const pauseMs = isOverloaded ? OVERLOADED_PAUSE_MS : RETRY_PAUSE_MS;
        await new Promise(resolve => {
          setTimeout(resolve, pauseMs * (1 + Math.random()));
        });
      }
    }
  }

  /** Resolves once fewer than `count` puts are under way. */
  async #roomFor(count: number): Promise<void> {
    while (this.#inFlight >= count) {
      await new Promise<void>(resolve => {
        this.#wake = resolve;
      });
    }
  }
}

function nameOf({bucket, key}: LoadRecord): string {
  try {
    return `${bucket}.${encodeKey(key)}`;
  } catch (error) {
    if (error instanceof KeyError) {
      return ''; // The put says what is wrong with it.
    }

    throw error;
  }
}
