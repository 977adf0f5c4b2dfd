/**
 * Binds the effects that delivery.machine.ts names: handing hints over, one window after the other.
 */
import type {ActorRefFrom} from 'xstate';
import type {Counters} from '../../src/counters.js';
import {Code} from '../../src/errors.js';
import type {Failpoints} from '../../src/failpoints.js';
import {Rate} from '../../src/flow/rate.js';
import {Window} from '../../src/flow/window.js';
import type {Clock} from '../../src/ports/clock.js';
import {StorageFailure} from '../../src/ports/storage.js';
import type {Held} from '../../src/store/held.js';
import type {HintEntry} from '../hints/hint-index.js';
import type {HintsEffects} from '../hints/hints.effects.js';
import type {Keeper} from '../hints/keeper.js';
import {deliveryMachine} from './delivery.machine.js';
import type {DeliveryEvent} from './delivery.messages.js';

export type DeliveryPorts = {
  readonly target: string;
  readonly clock: Clock;
  readonly counters: Counters;
  readonly failpoints: Failpoints;
  readonly hints: Pick<HintsEffects, 'keeper' | 'isKeeping' | 'oldestAgeMs'>;
  /** Whether the host can be spoken to, and is not held for down. */
  readonly isThere: () => boolean;
  /** Has the host merge an object; `done` with its code once that is durable, or with why not. */
  readonly merge: (partition: number, held: Held, done: (code: number) => void) => void;
};

export type DeliveryReport = {
  readonly target: string;
  readonly count: number;
  readonly bytes: number;
  readonly oldestAgeMs: number | null;
  readonly underWay: number;
  readonly window: number;
  readonly perSecond: number;
  /** null while nothing tells when it will be over. */
  readonly etaMs: number | null;
};

type Self = ActorRefFrom<typeof deliveryMachine>;

const FIRST_PAUSE_MS = 100;
const PAUSE_MS_MAX = 5_000;
const WINDOW = {itemsFirst: 8, itemsMax: 256, bytesMax: 1024 * 1024};

/** The machine that delivers to one host, bound, and what it can tell of itself. */
export function bindDelivery(ports: DeliveryPorts) {
  const delivery = new DeliveryEffects(ports);
  const machine = deliveryMachine.provide({
    guards: {canDeliver: () => delivery.canDeliver},
    delays: {backoff: () => delivery.pauseMs},
    actions: {
      begin: ({self}) => delivery.begin(self as Self),
      deliver: () => delivery.deliver(),
      pause: () => delivery.pause(),
    },
  });
  return {machine, report: () => delivery.report(), underWay: () => delivery.underWay};
}

class DeliveryEffects {
  #self: Self | null = null;
  #round = new Round();
  #isDelivering = false;
  /** Refusals since the host last took something. */
  #refusals = 0;
  readonly #rate = new Rate();

  constructor(private readonly ports: DeliveryPorts) {}

  get underWay(): number {
    return this.#round.window.underWay;
  }

  get canDeliver(): boolean {
    const {hints, isThere, target} = this.ports;
    return hints.isKeeping && hints.keeper.index.lacking(target).size > 0 && isThere();
  }

  get pauseMs(): number {
    return Math.min(PAUSE_MS_MAX, FIRST_PAUSE_MS * 2 ** (this.#refusals - 1));
  }

  /** What an earlier actor had under way counts no more, except where it is acknowledged. */
  begin(self: Self): void {
    this.#self = self;
    this.#round = new Round();
    this.#refusals = 0;
    self.subscribe({complete: () => this.#end(self), error: () => this.#end(self)});
  }

  deliver(): void {
    this.#isDelivering = true;
    this.#fill();
  }

  pause(): void {
    this.#isDelivering = false;
  }

  report(): DeliveryReport {
    const {hints, target, clock} = this.ports;
    const lacked = hints.keeper.index.lacking(target);
    const bytes = [...lacked.keys()].reduce((sum, entry) => sum + entry.bytes, 0);
    const perSecond = this.#rate.perSecond(clock.nowMs());
    const {underWay, size} = this.#round.window;
    const canTell = this.#isDelivering && perSecond > 0;
    return {
      target,
      count: lacked.size,
      bytes,
      oldestAgeMs: hints.oldestAgeMs(target),
      underWay,
      window: size,
      perSecond: Math.round(perSecond * 10) / 10,
      etaMs: canTell ? Math.round((lacked.size / perSecond) * 1_000) : null,
    };
  }

  #end(self: Self): void {
    if (self === this.#self) {
      this.#isDelivering = false;
    }
  }

  #fill(): void {
    const {target, hints} = this.ports;
    const round = this.#round;
    while (this.#isDelivering && this.canDeliver && round.window.hasRoom) {
      const entry = round.next(hints.keeper.index.lacking(target));
      if (entry === null) {
        break;
      }

      this.#hand(entry);
    }

    if (this.#isDelivering && round.window.underWay === 0) {
      this.#tell({type: 'delivery.idle'});
    }
  }

  #hand(entry: HintEntry): void {
    const round = this.#round;
    const {keeper} = this.ports.hints;
    const {version, partition, bytes} = entry;
    round.begin(entry, bytes);
    const ended = (code: number | null) =>
      this.#guarded(() => {
        round.end(entry, bytes);
        this.#ended(keeper, entry, version, code);
      });
    keeper.shelf.load(entry, loaded => {
      if (loaded === null) {
        ended(null);
      } else if (loaded instanceof StorageFailure) {
        ended(Code.unavailable);
      } else {
        this.ports.merge(partition, loaded, ended);
      }
    });
  }

  /** `code` is null when there was nothing to hand over any more. */
  #ended(keeper: Keeper, entry: HintEntry, version: number, code: number | null): void {
    const {ports} = this;
    const {window} = this.#round;
    if (code === Code.ok) {
      ports.failpoints.hit('hint.delivered', entry.partition);
      this.#refusals = 0;
      this.#rate.add(ports.clock.nowMs());
      window.grow();
      keeper.delivered(ports.target, entry, version);
    } else if (code !== null && this.#isDelivering) {
      ports.counters.add('hints_delivery_refused');
      this.#refusals += 1;
      window.shrink();
      this.#tell({type: 'delivery.refused'});
      return;
    }

    if (this.#isDelivering) {
      this.#fill();
    }
  }

  /** Answers arrive outside the actor: what breaks here must break it, and not the host. */
  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#tell({type: 'delivery.failed', cause: error});
    }
  }

  #tell(event: DeliveryEvent): void {
    if (this.#self?.getSnapshot().status === 'active') {
      this.#self.send(event);
    }
  }
}

/** One actor's way through what the host lacks: again and again from the oldest to the newest. */
class Round {
  readonly window = new Window(WINDOW);
  readonly #underWay = new Set<HintEntry>();
  #lacked: ReadonlyMap<HintEntry, number> | null = null;
  #way: Iterator<HintEntry> = [].values();

  /** The next that is durable and not under way; null when there is none. */
  next(lacked: ReadonlyMap<HintEntry, number>): HintEntry | null {
    const isFresh = lacked !== this.#lacked;
    return (isFresh ? null : this.#walk()) ?? this.#restart(lacked);
  }

  begin(entry: HintEntry, bytes: number): void {
    this.#underWay.add(entry);
    this.window.sent(bytes);
  }

  end(entry: HintEntry, bytes: number): void {
    this.#underWay.delete(entry);
    this.window.ended(bytes);
  }

  #restart(lacked: ReadonlyMap<HintEntry, number>): HintEntry | null {
    this.#lacked = lacked;
    this.#way = lacked.keys();
    return this.#walk();
  }

  #walk(): HintEntry | null {
    for (let step = this.#way.next(); step.done !== true; step = this.#way.next()) {
      if (step.value.pending === null && !this.#underWay.has(step.value)) {
        return step.value;
      }
    }

    return null;
  }
}
