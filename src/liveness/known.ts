/**
 * All that is known of one other host: its life and heartbeats, the signs of life that were seen
 * here, what speaks against it, and what others say of it.
 *
 * Invariants:
 *   1. Life and heartbeat counter only grow: nothing that is repeated late makes a host younger.
 *   2. A new life starts with a history of its own.
 *   3. A heartbeat that a third host passes on is a sign of life when that host takes the other for
 *      alive itself; from one that does not, it is old news.
 *   4. What speaks against a host outweighs heartbeats that may have been under way before.
 */
import {type Load, type News, NO_LOAD, SAID, type Said} from './digest.js';
import type {GossipOptions} from './options.js';
import {PhiAccrual} from './phi-accrual.js';

/** unheard: the broker's word that nobody hears the host. goodbye: its own, that it stops. */
export type Strike = {readonly kind: 'unheard' | 'goodbye'; readonly sinceMs: number};

export type Opinion = {readonly said: Said; readonly atMs: number};

/** Whose opinion of a host is remembered; the oldest makes room. */
const TELLERS_MAX = 16;
/** An announced delay is allowed for up to here: nobody excuses himself for good. */
const EXCUSE_MS_MAX = 10_000;

export class Known {
  life = 0;
  counter = 0;
  load: Load = NO_LOAD;
  /** When its last heartbeat was told here, and by whom: '' for the host itself. */
  grownMs: number;
  via = '';
  /** When it last spoke to this host itself. */
  directMs: number;
  /** How often it was asked since, and did not answer. */
  asked = 0;
  /** When it was last tried because others doubted it. */
  triedMs = Number.NEGATIVE_INFINITY;
  strike: Strike | null = null;
  said: Said = SAID.alive;
  /** Since when `said` is what is said here. */
  saidMs: number;
  isLinked = false;
  /** Since when it has been `isLinked`, or not. */
  linkMs: number;
  /** What others said of it last, since `saidMs`. */
  readonly opinions = new Map<string, Opinion>();
  #arrivals: PhiAccrual;
  /** When its counter last grew here; null when what came before cannot be compared. */
  #beatMs: number | null = null;

  constructor(
    readonly host: string,
    private readonly options: GossipOptions,
    private readonly expectedMs: number,
    nowMs: number,
  ) {
    this.grownMs = nowMs;
    this.directMs = nowMs;
    this.saidMs = nowMs;
    this.linkMs = nowMs;
    this.#arrivals = this.#newArrivals();
  }

  get isKnown(): boolean {
    return this.life > 0;
  }

  silentMs(nowMs: number): number {
    return Math.max(0, nowMs - this.grownMs);
  }

  /** How suspicious the silence is, what the host itself has announced allowed for. */
  phi(nowMs: number, pauseMs = 0): number {
    const excusedMs = Math.min(this.load.loopDelayMs, EXCUSE_MS_MAX);
    return this.#arrivals.phi(nowMs - this.grownMs - excusedMs - pauseMs);
  }

  /** What `teller` said of this host. `teller` may be the host itself. */
  hear(teller: string, news: News, nowMs: number): void {
    const isDirect = teller === this.host;
    if (isDirect) {
      this.directMs = nowMs;
      this.asked = 0;
      this.strike = null;
    } else {
      this.#note(teller, {said: news.said, atMs: nowMs});
    }

    const isNewLife = news.life > this.life;
    const isNewer = isNewLife || (news.life === this.life && news.counter > this.counter);
    if (isNewer) {
      this.life = news.life;
      this.counter = news.counter;
      this.load = news.load;
    }

    if (isNewLife) {
      this.#arrivals = this.#newArrivals();
    }

    // The host itself is believed also where it counts from a life that others have outlived.
    if (isDirect || (isNewer && news.said === SAID.alive)) {
      this.#live(isDirect ? '' : teller, {isNewer, isNewLife, nowMs});
    }
  }

  /** From now on silence counts, and no sooner; in the future during a grace. */
  rest(fromMs: number): void {
    this.grownMs = fromMs;
    this.directMs = fromMs;
    this.asked = 0;
    this.#beatMs = null;
    this.opinions.clear();
  }

  /** For so long this host did not listen: it is no silence of the other. */
  allow(lateMs: number, nowMs: number): void {
    const later = (ms: number) => (ms > nowMs ? ms : Math.min(nowMs, ms + lateMs));
    this.grownMs = later(this.grownMs);
    this.directMs = later(this.directMs);
    this.linkMs = later(this.linkMs);
    this.#beatMs = this.#beatMs === null ? null : later(this.#beatMs);
    if (this.strike !== null) {
      this.strike = {...this.strike, sinceMs: later(this.strike.sinceMs)};
    }
  }

  linked(isLinked: boolean, nowMs: number): void {
    if (this.isLinked !== isLinked) {
      this.isLinked = isLinked;
      this.linkMs = nowMs;
    }

    if (isLinked) {
      this.strike = null;
      this.rest(Math.max(nowMs, this.grownMs));
    }
  }

  struck(kind: Strike['kind'], nowMs: number): void {
    this.strike ??= {kind, sinceMs: nowMs};
  }

  say(said: Said, nowMs: number): void {
    this.said = said;
    this.saidMs = nowMs;
    this.opinions.clear();
  }

  #live(via: string, at: {isNewer: boolean; isNewLife: boolean; nowMs: number}): void {
    const {isNewer, isNewLife, nowMs} = at;
    const {everyMs, pauseMs, confirmMs} = this.options;
    if (isNewer) {
      if (this.#beatMs !== null && !isNewLife && this.said !== SAID.down) {
        // A silence longer than what is borne anyway says little of the next.
        this.#arrivals.record(Math.min(nowMs - this.#beatMs, everyMs + pauseMs));
      }

      this.#beatMs = nowMs;
    }

    this.grownMs = nowMs;
    this.via = via;
    if (isNewLife || nowMs - (this.strike?.sinceMs ?? nowMs) > confirmMs) {
      this.strike = null;
    }
  }

  #note(teller: string, opinion: Opinion): void {
    this.opinions.delete(teller);
    this.opinions.set(teller, opinion);
    const [oldest] = this.opinions.keys();
    if (this.opinions.size > TELLERS_MAX && oldest !== undefined) {
      this.opinions.delete(oldest);
    }
  }

  #newArrivals(): PhiAccrual {
    return new PhiAccrual(this.expectedMs, this.options.everyMs / 5);
  }
}
