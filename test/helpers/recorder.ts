/**
 * A load that remembers what it was promised, and checks what is read against it. What may be read
 * of a key is decided in `recorded-key.ts`; what each replica holds by itself, in `replicas.ts`.
 */
import {setTimeout as sleep} from 'node:timers/promises';
import type {NatsConnection} from '@nats-io/transport-node';
import type {ExecutionContext} from 'ava';
import {isAnswer, readKeys} from './read-keys.js';
import {RecordedKey, type Write} from './recorded-key.js';
import type {Route, Verb} from './routes.js';

export type RecorderOptions = {
  readonly bucket?: string;
  readonly keys?: number;
  readonly inFlight?: number;
  /** Of a value, about. Default 200. */
  readonly valueBytes?: number;
};

export type Failure = {
  /** Operations are numbered as they begin. */
  readonly no: number;
  readonly verb: Verb;
  readonly key: string;
  readonly kind: 'refused' | 'unknown';
  readonly text: string;
};

const RETRY_AFTER_MS = 10;
const GIVE_UP_MS = 30_000;

export class Recorder {
  readonly failures: Failure[] = [];
  /** Reads that contradict what was acknowledged, as sentences. */
  readonly contradictions: string[] = [];
  readonly bucket: string;
  readonly inFlight: number;
  readonly keys: readonly RecordedKey[];
  #begun = 0;
  #succeeded = 0;
  #acknowledged = 0;
  #running = false;
  #workers: Array<Promise<void>> = [];
  #turn = 0;

  /** The load ends with the test at the latest. */
  constructor(
    t: Pick<ExecutionContext, 'teardown'>,
    private readonly route: Route,
    {bucket = 'load', keys = 400, inFlight = 48, valueBytes = 200}: RecorderOptions = {},
  ) {
    t.teardown(() => {
      this.#running = false;
    });
    this.bucket = bucket;
    this.inFlight = inFlight;
    const padding = 'x'.repeat(valueBytes);
    this.keys = Array.from(
      {length: keys},
      (_, index) => new RecordedKey(`key.${index}`, index % 4 === 3, padding),
    );
  }

  /** How many operations have begun: a mark to compare `Failure.no` with. */
  get begun(): number {
    return this.#begun;
  }

  /** Keys whose last acknowledged write is a value. */
  get held(): number {
    return this.keys.filter(({acknowledged}) => acknowledged.value !== null).length;
  }

  get succeeded(): number {
    return this.#succeeded;
  }

  /** Writes that were acknowledged. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  get unknown(): number {
    return this.keys.reduce((sum, {open}) => sum + open.length, 0);
  }

  start(): void {
    this.#running = true;
    this.#workers = Array.from({length: this.inFlight}, () => this.#work());
  }

  /** Resolves once the last request under way has ended. */
  async stop(): Promise<void> {
    this.#running = false;
    await Promise.all(this.#workers);
  }

  failuresSince(mark: number): Failure[] {
    return this.failures.filter(({no}) => no >= mark);
  }

  /** Resolves after so many further successes. Rejects after a time that only a fault can take. */
  async progress(successes: number): Promise<void> {
    const goal = this.#succeeded + successes;
    const giveUp = AbortSignal.timeout(GIVE_UP_MS);
    while (this.#succeeded < goal) {
      if (giveUp.aborted) {
        const last = this.failures.slice(-3).map(({text}) => text);
        const missing = goal - this.#succeeded;
        throw new Error(
          `${missing} of ${successes} successes missing, last failures: ${last.join('; ')}`,
        );
      }

      await sleep(5);
    }
  }

  /**
   * Reads every key with R = `r` at each of the hosts that it is asked of; sentences about all that
   * is not as acknowledged.
   */
  async verify(
    connection: NatsConnection,
    hosts: readonly string[],
    r = '3',
    asks: (host: string, key: string) => boolean = () => true,
  ): Promise<string[]> {
    const problems: string[] = [];
    for (const host of hosts) {
      const states = this.keys.filter(({key}) => asks(host, key));
      const names = states.map(({key}) => key);
      const reads = await readKeys(connection, host, this.bucket, names, r);
      for (const [index, {code, text, values}] of reads.entries()) {
        const state = states[index] as RecordedKey;
        const problem = isAnswer(code) ? state.problemOf(values) : `${code} ${text}`;
        if (problem !== '') {
          problems.push(`${state.key} at ${host}: ${problem}`);
        }
      }
    }

    return problems;
  }

  async #work(): Promise<void> {
    while (this.#running) {
      const state = this.#nextFree();
      state.busy = true;
      const succeeded = await this.#operate(state);
      state.busy = false;
      if (!succeeded) {
        await sleep(RETRY_AFTER_MS);
      }
    }
  }

  #nextFree(): RecordedKey {
    for (;;) {
      this.#turn = (this.#turn + 1) % this.keys.length;
      const state = this.keys[this.#turn] as RecordedKey;
      if (!state.busy) {
        return state;
      }
    }
  }

  /** One read in three; of the writes with a context, one in eight is a delete. */
  async #operate(state: RecordedKey): Promise<boolean> {
    const no = this.#begun;
    this.#begun += 1;
    if (no % 3 === 0 || state.mustRead) {
      return await this.#read(state, no);
    }

    return await this.#write(state, no, state.begin(!state.blind && no % 8 === 0));
  }

  async #read(state: RecordedKey, no: number): Promise<boolean> {
    const answer = await this.route({verb: 'get', bucket: this.bucket, key: state.key});
    if (answer.kind !== 'ok') {
      this.#fail(state, no, 'get', answer);
      return false;
    }

    const problem = state.problemOf(answer.values);
    if (problem !== '') {
      this.contradictions.push(`${state.key} in operation ${no}: ${problem}`);
    }

    // What was seen is covered by the next write.
    state.context = answer.context;
    state.mustRead = false;
    this.#succeeded += 1;
    return true;
  }

  async #write(state: RecordedKey, no: number, write: Write): Promise<boolean> {
    const {value} = write;
    const verb = value === null ? 'del' : 'put';
    const context = state.blind ? '' : state.context;
    const request = {verb, bucket: this.bucket, key: state.key, value: value ?? '', context};
    const answer = await this.route(request as Parameters<Route>[0]);
    if (answer.kind !== 'ok') {
      if (answer.kind === 'unknown') {
        state.open.push(write);
      }

      this.#fail(state, no, verb, answer);
      return false;
    }

    state.acknowledge(write, answer);
    state.context = answer.context;
    state.mustRead = !state.blind && answer.context === '';
    this.#acknowledged += 1;
    this.#succeeded += 1;
    return true;
  }

  #fail(
    {key}: RecordedKey,
    no: number,
    verb: Verb,
    {kind, text}: {kind: 'refused' | 'unknown'; text: string},
  ): void {
    this.failures.push({no, verb, key, kind, text});
  }
}
