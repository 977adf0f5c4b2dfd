/**
 * What the clients of a simulation do: each a loop of thinking, asking and waiting, over few hot
 * keys and many cold ones, in buckets of every policy. Values are unique, and contexts are those
 * that hosts gave out.
 */
import type {Clock} from '../ports/clock.js';
import type {SimClient, Wish} from './client.js';
import type {Operation} from './history.js';
import type {SimRandom} from './random.js';
import type {Told} from './reply.js';
import {ANY_COUNT, type Mix} from './swarm.js';

const BURST = 40;

export type WorkloadParts = {
  readonly clock: Clock;
  readonly random: SimRandom;
  readonly clients: readonly SimClient[];
  readonly operations: number;
  readonly mix: Mix;
  /** How many copies of a key there are: the counts of R and W that may be asked for. */
  readonly copiesOf: (name: string) => number;
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
    const {clock, random, mix} = this.parts;
    clock.setTimeout(
      () => {
        if (this.#left > 0) {
          this.#ask(client);
        }
      },
      random.between(...mix.thinkMs),
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
    const {random, mix} = this.parts;
    return random.chance(mix.burstChance) ? BURST : random.chance(0.2) ? 1 + random.below(4) : 1;
  }

  #wish(client: SimClient, via: Wish['via']): Wish {
    const {random, copiesOf, mix} = this.parts;
    const verb = random.pick(mix.verbs);
    const name = this.#name();
    const isWrite = verb !== 'get';
    const count = String(1 + random.below(copiesOf(name)));
    const pick = (words: readonly string[]) => {
      const word = random.pick(words);
      return word === ANY_COUNT ? count : word;
    };
    return {
      client: client.id,
      verb,
      name,
      id: isWrite && random.chance(mix.idChance) ? `id ${random.below(2 ** 30)}` : '',
      context: isWrite ? this.#context(client, name) : '',
      r: pick(mix.quorums.r),
      w: isWrite ? pick(mix.quorums.w) : '',
      via,
      wantsAll: via === 'frame' || random.chance(0.7),
      paddingBytes: random.chance(0.1) ? 200 : random.below(40),
    };
  }

  #name(): string {
    const {random, mix} = this.parts;
    const bucket = random.pick(mix.buckets);
    return random.chance(mix.hotChance)
      ? `${bucket}.hot.${random.below(mix.hotKeys)}`
      : `${bucket}.cold.${random.below(mix.coldKeys)}`;
  }

  #context(client: SimClient, name: string): string {
    const {random, mix} = this.parts;
    const known = this.#contexts.get(`${client.id} ${name}`) ?? '';
    return random.chance(mix.contextChance) ? known : random.pick(['', '', 'none']);
  }

  #learn(client: SimClient, {name}: Operation, told: Told | null): void {
    if (told !== null && told.context !== '') {
      this.#contexts.set(`${client.id} ${name}`, told.context);
    }
  }
}
