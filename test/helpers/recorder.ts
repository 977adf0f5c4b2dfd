/**
 * A load that remembers what it was promised, and checks what is read against it.
 *
 * Every write has a value of its own and knows its key's last acknowledged write; a key has one
 * request under way at a time, so its writes follow each other. Most keys are written with the
 * context of the last acknowledged write, and then a value that an acknowledged write superseded
 * must never be seen again. The others are overwritten without a context, which a coordinator that
 * is behind answers with siblings.
 *
 * A write without an answer has an unknown outcome: it may show up at any later time, or never.
 */
import {setTimeout as sleep} from 'node:timers/promises';
import type {NatsConnection} from '@nats-io/transport-node';
import type {ExecutionContext} from 'ava';
import {getOp, operate} from './ask-host.js';
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

type Write = {readonly no: number; readonly value: string | null};

type KeyState = {
  readonly key: string;
  readonly blind: boolean;
  busy: boolean;
  acknowledged: Write;
  context: string;
  /** Of unknown outcome. */
  readonly open: Write[];
  /** All values that were ever written. */
  readonly written: Set<string>;
};

const NEVER: Write = {no: -1, value: null};
const RETRY_AFTER_MS = 10;
const GIVE_UP_MS = 30_000;

export class Recorder {
  readonly failures: Failure[] = [];
  /** Reads that contradict what was acknowledged, as sentences. */
  readonly contradictions: string[] = [];
  readonly bucket: string;
  readonly inFlight: number;
  readonly #states: KeyState[];
  readonly #padding: string;
  #begun = 0;
  #succeeded = 0;
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
    this.#padding = 'x'.repeat(valueBytes);
    this.#states = Array.from({length: keys}, (_, index) => ({
      key: `key.${index}`,
      blind: index % 4 === 3,
      busy: false,
      acknowledged: NEVER,
      context: '',
      open: [],
      written: new Set<string>(),
    }));
  }

  /** How many operations have begun: a mark to compare `Failure.no` with. */
  get begun(): number {
    return this.#begun;
  }

  /** Keys whose last acknowledged write is a value. */
  get held(): number {
    return this.#states.filter(({acknowledged}) => acknowledged.value !== null).length;
  }

  get unknown(): number {
    return this.#states.reduce((sum, {open}) => sum + open.length, 0);
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
   * Reads every key with R = `r` at each of the hosts in turn; sentences about all that is not as
   * acknowledged.
   */
  async verify(connection: NatsConnection, hosts: readonly string[], r = '3'): Promise<string[]> {
    const problems: string[] = [];
    for (const host of hosts) {
      const ops = this.#states.map(({key}, no) =>
        getOp(no, this.bucket, key, {r, timeoutMs: 10_000}),
      );
      const results = await operate(connection, host, ops);
      for (const [index, [, code, text, values]] of results.entries()) {
        const state = this.#states[index] as KeyState;
        const problem =
          code === 200 || code === 404
            ? problemOf(
                state,
                values.map(value => Buffer.from(value).toString()),
              )
            : `${code} ${text}`;
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

  #nextFree(): KeyState {
    for (;;) {
      this.#turn = (this.#turn + 1) % this.#states.length;
      const state = this.#states[this.#turn] as KeyState;
      if (!state.busy) {
        return state;
      }
    }
  }

  /** One read in three; of the writes with a context, one in eight is a delete. */
  async #operate(state: KeyState): Promise<boolean> {
    const no = this.#begun;
    this.#begun += 1;
    if (no % 3 === 0) {
      return await this.#read(state, no);
    }

    const value = !state.blind && no % 8 === 0 ? null : `${state.key} ${no} ${this.#padding}`;
    return await this.#write(state, {no, value});
  }

  async #read(state: KeyState, no: number): Promise<boolean> {
    const answer = await this.route({verb: 'get', bucket: this.bucket, key: state.key});
    if (answer.kind !== 'ok') {
      this.#fail(state, no, 'get', answer);
      return false;
    }

    const problem = problemOf(state, answer.values);
    if (problem !== '') {
      this.contradictions.push(`${state.key} in operation ${no}: ${problem}`);
    }

    // What was seen is covered by the next write.
    state.context = answer.context;
    this.#succeeded += 1;
    return true;
  }

  async #write(state: KeyState, write: Write): Promise<boolean> {
    const {no, value} = write;
    const verb = value === null ? 'del' : 'put';
    if (value !== null) {
      state.written.add(value);
    }

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

    state.acknowledged = write;
    state.context = answer.context;
    this.#succeeded += 1;
    return true;
  }

  #fail(
    {key}: KeyState,
    no: number,
    verb: Verb,
    {kind, text}: {kind: 'refused' | 'unknown'; text: string},
  ): void {
    this.failures.push({no, verb, key, kind, text});
  }
}

/** '' when what is read is what may be read. */
function problemOf(state: KeyState, values: readonly string[]): string {
  const {acknowledged, open, blind, written} = state;
  const foreign = values.find(value => !written.has(value));
  if (foreign !== undefined) {
    return `shows what was never written: ${foreign.trim().slice(0, 40)}`;
  }

  const may = new Set([acknowledged, ...open].map(({value}) => value));
  const returned = values.find(value => !may.has(value));
  if (!blind && returned !== undefined) {
    return `shows the superseded ${nameOf(returned)} besides ${nameOf(acknowledged.value)}`;
  }

  const isHere =
    acknowledged.value === null
      ? true
      : values.includes(acknowledged.value) ||
        open.some(
          ({no, value}) =>
            no > acknowledged.no && (value === null ? values.length === 0 : values.includes(value)),
        );
  return isHere
    ? ''
    : `lacks ${nameOf(acknowledged.value)}, shows ${values.map(nameOf).join(', ') || 'nothing'}`;
}

function nameOf(value: string | null): string {
  return value === null ? 'a deletion' : (value.split(' ')[1] ?? value);
}
