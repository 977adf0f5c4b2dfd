/**
 * Binds the effects that hints.machine.ts names: finding the hints again, opening and closing the
 * mailbox, and the alarm of those that grow old.
 */
import type {ActorRefFrom} from 'xstate';
import type {HybridClock} from '../../src/causality/hlc.js';
import type {Counters} from '../../src/counters.js';
import {Code, reject} from '../../src/errors.js';
import type {Failpoints} from '../../src/failpoints.js';
import {Mailbox} from '../../src/mailbox.js';
import type {Clock} from '../../src/ports/clock.js';
import type {Random} from '../../src/ports/random.js';
import type {Storage, StorageFailure} from '../../src/ports/storage.js';
import type {ObjectStore} from '../../src/store/object-store.js';
import {describeError} from '../../src/supervision.js';
import {HintGate} from './hint-gate.js';
import {HintIndex, type Place} from './hint-index.js';
import {HintReader} from './hint-reader.js';
import {rereadHints, scanHints} from './hint-scan.js';
import {hintsMachine} from './hints.machine.js';
import type {HintOperation, HintsEvent} from './hints.messages.js';
import {Keeper} from './keeper.js';

export type HintsConfig = {
  readonly bytesMax: number;
  readonly alarmAfterMs: number;
};

export type HintsPorts = {
  readonly self: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly storage: Storage;
  readonly objects: ObjectStore;
  readonly hybrid: HybridClock;
  readonly counters: Counters;
  readonly failpoints: Failpoints;
  readonly mailboxMax: number;
  readonly config: HintsConfig;
  readonly placeOf: (partition: number) => Place | undefined;
  /** Told whenever they begin or cease to be kept. */
  readonly onKeeping: () => void;
  readonly emit: (kind: string, details: Readonly<Record<string, unknown>>) => void;
};

type Self = ActorRefFrom<typeof hintsMachine>;

/** The machine of a host's hints, bound, and the way to them. */
export function bindHints(ports: HintsPorts) {
  const effects = new HintsEffects(ports);
  const machine = hintsMachine.provide({
    actions: {
      begin: ({self}) => effects.begin(self as Self),
      settle: () => effects.settle(),
      load: () => effects.load(),
      open: () => effects.open(),
      rest: () => effects.rest(),
      tellStalled: (_, {cause}) => effects.tellStalled(cause),
      checkAge: () => effects.checkAge(),
    },
  });
  return {machine, effects, gate: effects.gate};
}

export class HintsEffects {
  readonly gate: HintGate;
  readonly mailbox: Mailbox<HintOperation>;
  /** What is kept; of no use to anybody unless `isKeeping`. */
  keeper: Keeper;
  isKeeping = false;
  /** Old hints were told of, and there are some still. */
  isAlarmed = false;
  readonly #reader: HintReader;
  #self: Self | null = null;
  #isLoaded = false;
  #isStalled = false;

  constructor(private readonly ports: HintsPorts) {
    const {clock, storage, objects, mailboxMax} = ports;
    this.mailbox = new Mailbox(clock, mailboxMax);
    this.gate = new HintGate({...ports, mailbox: this.mailbox});
    this.#reader = new HintReader({clock, storage, onDamaged: objects.onDamaged});
    this.keeper = this.#newKeeper();
  }

  /** Each actor begins with a keeper of its own, and finds all hints on the disk again. */
  begin(self: Self): void {
    this.#self = self;
    this.keeper.retire();
    const own = this.#newKeeper();
    this.keeper = own;
    this.#isLoaded = false;
    const end = () => {
      own.retire();
      if (own === this.keeper) {
        this.rest();
      }
    };
    self.subscribe({complete: end, error: end});
  }

  /** At the end of the turn, when all whose commit failed have been told. */
  settle(): void {
    const {keeper} = this;
    const {clock, objects} = this.ports;
    const settled = () => this.#tell(keeper, {type: 'hints.settled'});
    clock.endOfTurn(() => objects.commits.whenSettled(settled));
  }

  load(): void {
    const {keeper} = this;
    const {storage, objects} = this.ports;
    const ended = (failure: StorageFailure | null) => {
      this.#isLoaded ||= failure === null && keeper === this.keeper;
      this.#tell(
        keeper,
        failure === null ? {type: 'hints.loaded'} : {type: 'hints.unread', cause: failure},
      );
      if (failure?.code === 'CORRUPT') {
        objects.onDamaged(failure);
      }
    };
    // A commit that failed may have taken effect, unsynced: what was found counts as kept only
    // once a commit after it was synced.
    const found = (failure: StorageFailure | null) =>
      failure === null ? objects.commits.addRemovals([], ended) : ended(failure);
    if (this.#isLoaded) {
      rereadHints(storage, keeper.index, keeper.shelf.unsure, found);
    } else {
      scanHints(storage, keeper.index, ended);
    }
  }

  open(): void {
    this.#isStalled = false;
    this.isKeeping = true;
    this.keeper.goOn();
    this.mailbox.attach(() => this.#work());
    this.ports.onKeeping();
  }

  rest(): void {
    this.mailbox.detach();
    this.keeper.rest();
    if (this.isKeeping) {
      this.isKeeping = false;
      this.ports.onKeeping();
    }
  }

  tellStalled(cause: unknown): void {
    if (!this.#isStalled) {
      this.#isStalled = true;
      this.ports.emit('stalled', {actor: 'hints', error: describeError(cause)});
    }
  }

  checkAge(): void {
    const {counters, config, emit} = this.ports;
    const oldestMs = this.oldestAgeMs();
    const isOld = oldestMs !== null && oldestMs >= config.alarmAfterMs;
    if (isOld && !this.isAlarmed) {
      const {count, bytes} = this.keeper.index;
      counters.add('hints_alarms');
      emit('hints-old', {count, bytes, oldestMs});
    }

    this.isAlarmed = isOld;
  }

  /** Of what `target` has not taken yet, or of all; null when there is none. */
  oldestAgeMs(target?: string): number | null {
    const {index} = this.keeper;
    const targets = target === undefined ? index.targets : [target];
    const sinceMs = targets.map(one => index.oldestMs(one)).filter(since => since !== null);
    return sinceMs.length === 0
      ? null
      : Math.max(0, Math.round(this.ports.clock.wallMs() - Math.min(...sinceMs)));
  }

  /** A crash half-way must not take along the operations that had not begun. */
  #work(): void {
    const {keeper} = this;
    const mail = this.mailbox.take();
    let next = 0;
    try {
      while (next < mail.length) {
        next += 1;
        keeper.take(mail[next - 1] as HintOperation);
      }
    } catch (error) {
      mail.slice(next).forEach(waiting => this.#later(waiting));
      this.#tell(keeper, {type: 'hints.failed', cause: error});
    }
  }

  #newKeeper(): Keeper {
    const {ports} = this;
    const index = new HintIndex(ports.config.bytesMax, ports.placeOf);
    const made: Keeper = new Keeper(
      index,
      {...ports, commits: ports.objects.commits, reader: this.#reader},
      {
        commitFailed: () => this.#tell(made, {type: 'hints.commitFailed'}),
        crashed: cause => this.#tell(made, {type: 'hints.failed', cause}),
        later: operation => this.#later(operation),
      },
    );
    return made;
  }

  #later(operation: HintOperation): void {
    if (!this.mailbox.post(operation)) {
      operation.done(reject(Code.overloaded, 'the hints are restarting; retry'));
    }
  }

  /** What comes from an earlier keeper's work must not move the actor that has replaced it. */
  #tell(from: Keeper, event: HintsEvent): void {
    if (from === this.keeper && !from.isRetired) {
      this.#self?.send(event);
    }
  }
}
