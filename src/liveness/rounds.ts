/**
 * Rounds: whom a host tells what. Epidemic, as in Demers et al., "Epidemic algorithms for
 * replicated database maintenance", 1987: a few hosts at random each time, and they pass it on.
 *
 * Invariants:
 *   1. A digest holds the sender, then whoever is in question, then the others in turn: within
 *      enough rounds everybody is told of everybody, however many there are.
 *   2. A round goes to all peers that are linked while they are few, else to `fanout` of them.
 *   3. Whoever was asked of somebody says what it knows of him.
 */
import {type Digest, type News, NEWS_MAX, SAID} from './digest.js';
import type {Known} from './known.js';
import type {Watch} from './watch.js';

export type RoundPorts = {
  readonly nowMs: () => number;
  /** A whole number below the limit, by chance. */
  readonly below: (limit: number) => number;
  /** False when it could not be sent. */
  readonly send: (peer: string, digest: Digest) => boolean;
  readonly fanout: number;
  readonly everyMs: number;
};

/** Hosts in question that one digest names, so that there is room for the others. */
const QUESTIONED_MAX = NEWS_MAX / 4;

export class Rounds {
  /** Where the next digest goes on with those who are not in question, and with those who are. */
  #turn = 0;
  #questionedTurn = 0;

  constructor(
    private readonly watch: Watch,
    private readonly ports: RoundPorts,
  ) {}

  /** One heartbeat. */
  beat(): void {
    const {watch} = this;
    watch.counter += 1;
    const isAnyQuestioned = this.#questioned.length > 0;
    const linked = [...watch.known.values()].filter(({isLinked}) => isLinked);
    const chosen = new Set([
      ...this.#choose(linked),
      ...linked.filter(({said}) => said !== SAID.alive).slice(0, this.ports.fanout),
      ...this.#choose(linked.filter(({host}) => this.#deniesDoubt(host))),
    ]);
    const digest = this.#digest([]);
    for (const peer of chosen) {
      const isMute = this.ports.nowMs() - peer.directMs > 1.5 * this.ports.everyMs;
      this.#send(peer, digest, isMute || isAnyQuestioned);
    }
  }

  /** Asks others, at once, what they know of these hosts. */
  ask(hosts: readonly string[]): void {
    const others = [...this.watch.known.values()].filter(
      ({host, isLinked, said}) => isLinked && said === SAID.alive && !hosts.includes(host),
    );
    const digest = this.#digest(hosts);
    for (const peer of this.#choose(others)) {
      this.#send(peer, digest, true);
    }
  }

  /** What `peer` asked for: what is known of those that it spoke of as in question. */
  answer(peer: string, {news}: Digest): void {
    const about = news.filter(({said}) => said !== SAID.alive).map(({host}) => host);
    this.ports.send(peer, this.#digest([peer, ...about]));
  }

  /** Makes the broker, or the host itself, say whether it is there; once between two heartbeats. */
  try(host: string): void {
    const known = this.watch.known.get(host);
    const nowMs = this.ports.nowMs();
    if (known?.isLinked === true && nowMs - known.triedMs >= this.ports.everyMs) {
      known.triedMs = nowMs;
      this.#send(known, this.#digest([host]), true);
    }
  }

  /** Whoever said that somebody in question is alive: perhaps it did not know better yet. */
  #deniesDoubt(teller: string): boolean {
    return [...this.watch.known.values()].some(
      ({said, opinions}) => said === SAID.silent && opinions.get(teller)?.said === SAID.alive,
    );
  }

  get #questioned(): string[] {
    return [...this.watch.known.values()]
      .filter(({said}) => said !== SAID.alive)
      .map(({host}) => host);
  }

  #send(peer: Known, digest: Digest, asks: boolean): void {
    if (this.ports.send(peer.host, {...digest, asks}) && asks) {
      peer.asked += 1;
    }
  }

  #choose(peers: readonly Known[]): Known[] {
    const {fanout, below} = this.ports;
    const left = [...peers];
    if (left.length <= 2 * fanout) {
      return left;
    }

    return Array.from({length: fanout}, () => left.splice(below(left.length), 1)).flat();
  }

  #digest(about: readonly string[]): Digest {
    const {watch} = this;
    const questioned = this.#questioned;
    const first = turn(questioned, this.#questionedTurn).slice(0, QUESTIONED_MAX);
    this.#questionedTurn += first.length;
    const named = new Set([...about.slice(0, QUESTIONED_MAX), ...first]);
    const isNews = (host: string) => !named.has(host) && watch.known.get(host)?.isKnown === true;
    const others = turn([...watch.known.keys()].filter(isNews), this.#turn);
    const taken = others.slice(0, NEWS_MAX - 1 - named.size);
    this.#turn += taken.length;
    const {self, life, counter, load} = watch;
    const mine: News = {host: self, life, counter, said: SAID.alive, forMs: 0, load};
    return {asks: false, news: [mine, ...[...named, ...taken].flatMap(host => this.#newsOf(host))]};
  }

  #newsOf(id: string): News[] {
    const known = this.watch.known.get(id);
    if (known === undefined) {
      return [];
    }

    const {host, life, counter, said, saidMs, load} = known;
    const forMs = said === SAID.alive ? 0 : Math.max(0, this.ports.nowMs() - saidMs);
    return [{host, life, counter, said, forMs, load}];
  }
}

/** The list from `from` on, and then from its beginning. */
function turn<Item>(items: readonly Item[], from: number): Item[] {
  const at = items.length === 0 ? 0 : from % items.length;
  return [...items.slice(at), ...items.slice(0, at)];
}
