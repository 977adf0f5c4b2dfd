/**
 * What the clients of a simulation do: each a loop of thinking, asking and waiting, over few hot
 * keys and many cold ones, in buckets of every policy. Values are unique, and contexts are those
 * that hosts gave out.
 */
import type {Clock} from '../ports/clock.js';
import type {Verb} from '../subjects.js';
import type {BucketFlag} from '../topology/policy.js';
import type {SimClient, Wish} from './client.js';
import type {Operation} from './history.js';
import type {SimRandom} from './random.js';
import type {Told} from './reply.js';

export const SIM_BUCKETS: readonly BucketFlag[] = [
  {bucket: 'latest', policy: {conflicts: 'lww'}},
  {bucket: 'few', policy: {n: 2}},
  {bucket: 'packed', policy: {compression: 'deflate', maxSiblings: 4}},
];
/** `plain` has no policy of its own. */
const BUCKETS = ['plain', 'latest', 'few', 'packed'];

const HOT_KEYS = 2;
const COLD_KEYS = 12;
const HOT_CHANCE = 0.7;
const BURST = 40;
const THINK_MS = {low: 1, high: 60};

export type WorkloadParts = {
  readonly clock: Clock;
  readonly random: SimRandom;
  readonly clients: readonly SimClient[];
  readonly operations: number;
  /** Copies of each key; the counts of R and W that may be asked for. */
  readonly n: number;
};

export class Workload {
  #left: number;
  #underWay = 0;
  /** By client and key: the context it was given last. */
  readonly #contexts = new Map<string, string>();

  constructor(private readonly parts: WorkloadParts) {
    this.#left = parts.operations;
  }

  get isDone(): boolean {
    return this.#left <= 0 && this.#underWay === 0;
  }

  start(): void {
    for (const client of this.parts.clients) {
      this.#think(client);
    }
  }

  /** Whatever is under way ends; nothing new begins. */
  stop(): void {
    this.#left = 0;
  }

  #think(client: SimClient): void {
    const {clock, random} = this.parts;
    clock.setTimeout(
      () => {
        if (this.#left > 0) {
          this.#ask(client);
        }
      },
      random.between(THINK_MS.low, THINK_MS.high),
    );
  }

  #ask(client: SimClient): void {
    const {random} = this.parts;
    const count = Math.min(this.#left, this.#size());
    this.#left -= count;
    this.#underWay += count;
    let waiting = count;
    const via = random.chance(0.5) ? 'broker' : 'frame';
    const wishes = Array.from({length: count}, () => this.#wish(client, via));
    client.begin(wishes, (operation, told) => {
      this.#learn(client, operation, told);
      this.#underWay -= 1;
      waiting -= 1;
      if (waiting === 0) {
        this.#think(client);
      }
    });
  }

  /** Now and then more at once than a host's queues hold. */
  #size(): number {
    const {random} = this.parts;
    return random.chance(0.01) ? BURST : random.chance(0.2) ? 1 + random.below(4) : 1;
  }

  #wish(client: SimClient, via: Wish['via']): Wish {
    const {random, n} = this.parts;
    const verb = random.pick<Verb>(['get', 'get', 'get', 'put', 'put', 'put', 'put', 'del']);
    const name = this.#name();
    const isWrite = verb !== 'get';
    const quorums = ['', '', '', 'one', 'quorum', 'all', String(1 + random.below(n))];
    return {
      client: client.id,
      verb,
      name,
      id: isWrite && random.chance(0.75) ? `id ${random.below(2 ** 30)}` : '',
      context: isWrite ? this.#context(client, name) : '',
      r: random.pick(quorums),
      w: isWrite ? random.pick(quorums) : '',
      via,
      wantsAll: via === 'frame' || random.chance(0.7),
      paddingBytes: random.chance(0.1) ? 200 : random.below(40),
    };
  }

  #name(): string {
    const {random} = this.parts;
    const bucket = random.pick(BUCKETS);
    return random.chance(HOT_CHANCE)
      ? `${bucket}.hot.${random.below(HOT_KEYS)}`
      : `${bucket}.cold.${random.below(COLD_KEYS)}`;
  }

  #context(client: SimClient, name: string): string {
    const {random} = this.parts;
    const known = this.#contexts.get(`${client.id} ${name}`) ?? '';
    return random.chance(0.5) ? known : random.pick(['', '', 'none']);
  }

  #learn(client: SimClient, {name}: Operation, told: Told | null): void {
    if (told !== null && told.context !== '') {
      this.#contexts.set(`${client.id} ${name}`, told.context);
    }
  }
}
