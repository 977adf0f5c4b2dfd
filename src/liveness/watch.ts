/**
 * Watch: what this host holds every other for, and why.
 *
 *   up --silent, struck, or hard to reach--> suspect --confirmed--> down
 *   suspect, down --any sign of life--> up
 *
 * A host is convicted (`down`) when what speaks against it has stood for long enough, enough of the
 * others were asked, and none that is up here takes it for alive.
 *
 * Invariants:
 *   1. A heartbeat counts whoever brings it; a host that only others hear is suspect, never down.
 *   2. While this host has no broker, and for a grace after that, it convicts nobody.
 *   3. A host to which most others are silent convicts none of them: perhaps it is the silent one
 *      (T26). Those that said goodbye count on neither side.
 *   4. What this host itself has slept through is no silence of others (T51).
 *   5. Who is no member is never admitted by what is said of him (T28).
 *   6. A host that hears that another life of itself was seen outlives it: its own counts again.
 */
import type {HostState} from '../liveness.js';
import {type Digest, type Load, type News, NEWS_MAX, NO_LOAD, SAID} from './digest.js';
import {evidenceOf} from './evidence.js';
import {Known} from './known.js';
import type {GossipOptions} from './options.js';

export type WatchParts = {
  readonly self: string;
  readonly peers: readonly string[];
  readonly options: GossipOptions;
  readonly nowMs: () => number;
  /** A number that has grown since any earlier start of this host, as far as it can know. */
  readonly life: number;
  /** What a host is held for so far, and what from now on. */
  readonly stateOf: (host: string) => HostState;
  readonly onState: (host: string, state: HostState, evidence: string) => void;
};

/** What a digest calls for, besides being remembered. */
export type Heard = {
  /** The sender should be answered at once. */
  readonly answers: boolean;
  /** Others doubt these, which this host has no doubt of: they should be tried at once. */
  readonly tries: readonly string[];
};

/** So many others must have been heard on a host before it is convicted, or all that are up. */
const OPINIONS_MIN = 3;
/** Asked so often in vain, a host does not answer. */
const ASKS_MAX = 3;

export class Watch {
  readonly self: string;
  readonly known: ReadonlyMap<string, Known>;
  life: number;
  counter = 0;
  load: Load = NO_LOAD;
  /** False while there is no broker, and in the grace after. */
  #isTrusted = false;
  #isCutOff = false;

  constructor(private readonly parts: WatchParts) {
    const {self, peers, options, life} = parts;
    this.self = self;
    this.life = life;
    const nowMs = parts.nowMs();
    const expectedMs = expectedIntervalMs(peers.length, options);
    this.known = new Map(peers.map(host => [host, new Known(host, options, expectedMs, nowMs)]));
  }

  get isCutOff(): boolean {
    return this.#isCutOff;
  }

  /** Most others are silent: perhaps this host is. */
  get isInDoubt(): boolean {
    const others = [...this.known.values()].filter(({strike}) => strike?.kind !== 'goodbye');
    const silent = others.filter(({said}) => said !== SAID.alive).length;
    return silent >= 2 && silent > others.length / 2;
  }

  hear(from: string, {asks, news}: Digest): Heard {
    const nowMs = this.parts.nowMs();
    let answers = asks;
    const tries: string[] = [];
    for (const piece of news) {
      const known = this.known.get(piece.host);
      if (piece.host === this.self) {
        answers = this.#hearOfMyself(piece) || answers;
      } else if (known !== undefined) {
        known.hear(from, piece, nowMs);
        answers ||= piece.host === from && piece.life < known.life;
        if (isNewDoubt(known, piece)) {
          tries.push(piece.host);
        }
      }
    }

    return {answers, tries};
  }

  struck(host: string, kind: 'unheard' | 'goodbye'): void {
    if (!this.#isCutOff) {
      this.known.get(host)?.struck(kind, this.parts.nowMs());
    }
  }

  linked(host: string, isLinked: boolean): void {
    this.known.get(host)?.linked(isLinked, this.parts.nowMs());
  }

  /** This host came so late to what it was to do: it has not listened meanwhile. */
  slept(lateMs: number): void {
    for (const known of this.known.values()) {
      known.allow(lateMs, this.parts.nowMs());
    }
  }

  /** The broker is lost. */
  cutOff(): void {
    this.#isCutOff = true;
    this.#isTrusted = false;
  }

  /** The broker is there, at first or again: from the end of the grace on silence counts. */
  settle(): void {
    this.#isCutOff = false;
    this.#isTrusted = false;
    const fromMs = this.parts.nowMs() + this.parts.options.graceMs;
    for (const known of this.known.values()) {
      if (known.said !== SAID.down) {
        known.strike = null;
        known.linkMs = fromMs;
        known.rest(fromMs);
      }
    }
  }

  trust(): void {
    this.#isTrusted = true;
  }

  /** Judges every host anew. Answers with those that have just become silent. */
  judge(): string[] {
    if (this.#isCutOff) {
      return [];
    }

    const nowMs = this.parts.nowMs();
    const questioned: string[] = [];
    for (const known of this.known.values()) {
      const speaksAgainst = known.strike !== null || this.#isTooSilent(known, nowMs);
      if (speaksAgainst && known.said === SAID.alive) {
        known.say(SAID.silent, nowMs);
        questioned.push(known.host);
      } else if (!speaksAgainst && known.said !== SAID.alive) {
        known.say(SAID.alive, nowMs);
      }

      this.#show(known, nowMs);
    }

    this.#convict(nowMs);
    return questioned;
  }

  #convict(nowMs: number): void {
    const isInDoubt = this.isInDoubt;
    for (const known of this.known.values()) {
      const isSure = !isInDoubt || known.strike?.kind === 'goodbye';
      if (known.said === SAID.silent && this.#isTrusted && isSure && this.#isProven(known, nowMs)) {
        const opinions = [...known.opinions];
        known.say(SAID.down, nowMs);
        opinions.forEach(([teller, opinion]) => known.opinions.set(teller, opinion));
        this.#show(known, nowMs);
      }
    }
  }

  #isProven(known: Known, nowMs: number): boolean {
    const {confirmMs, pauseMs} = this.parts.options;
    const hasStood =
      known.strike === null
        ? this.#isTooSilent(known, nowMs, pauseMs)
        : nowMs - known.strike.sinceMs >= confirmMs;
    const others = [...this.known.values()].filter(
      ({host, isLinked}) => host !== known.host && isLinked && this.parts.stateOf(host) === 'up',
    );
    const said = others.flatMap(({host}) => known.opinions.get(host)?.said ?? []);
    return (
      hasStood && said.length >= Math.min(OPINIONS_MIN, others.length) && !said.includes(SAID.alive)
    );
  }

  #isTooSilent(known: Known, nowMs: number, pauseMs = 0): boolean {
    return known.phi(nowMs, pauseMs) >= this.parts.options.suspectPhi;
  }

  /** Alive, as others say, and yet out of this host's reach. */
  #isHardToReach(known: Known, nowMs: number): boolean {
    const {everyMs, pauseMs, confirmMs} = this.parts.options;
    const isUnlinked = !known.isLinked && nowMs - known.linkMs >= confirmMs;
    const directMs = nowMs - known.directMs - known.load.loopDelayMs;
    const isMute = known.asked >= ASKS_MAX && directMs > 2 * everyMs + pauseMs;
    return known.isKnown && (isUnlinked || isMute);
  }

  #show(known: Known, nowMs: number): void {
    const isReached = known.said === SAID.alive && !this.#isHardToReach(known, nowMs);
    const state = known.said === SAID.down ? 'down' : isReached ? 'up' : 'suspect';
    if (state !== this.parts.stateOf(known.host)) {
      this.parts.onState(known.host, state, evidenceOf(known, nowMs));
    }
  }

  /** True when whoever said so should hear the truth. */
  #hearOfMyself({life, counter, said}: News): boolean {
    if (life > this.life || (life === this.life && counter > this.counter)) {
      this.life = life + 1;
      return true;
    }

    return life === this.life && said !== SAID.alive;
  }
}

/** News of a host takes some rounds in larger clusters, and comes round in turn in yet larger. */
function expectedIntervalMs(peers: number, {everyMs, fanout}: GossipOptions): number {
  const rounds = peers > 2 * fanout ? Math.ceil(Math.log(peers) / Math.log(fanout + 1)) : 1;
  return everyMs * rounds * Math.ceil((peers + 1) / NEWS_MAX);
}

function isNewDoubt(known: Known, {said, life}: News): boolean {
  return said !== SAID.alive && life === known.life && known.said === SAID.alive && known.isLinked;
}
