/** Binds the effects that exchange.machine.ts names: two looks, and what follows from them. */
import type {ActorRefFrom} from 'xstate';
import type {Counters} from '../../src/counters.js';
import type {Clock} from '../../src/ports/clock.js';
import type {Outcome} from '../../src/repair/agenda.js';
import {foundTwice, type LeafDifference} from '../../src/repair/difference.js';
import {QUESTION, type Standing} from '../../src/wire/repair-questions.js';
import type {Errands} from '../link/errands.js';
import type {Gate} from '../partition/gate.js';
import {Comparison} from './comparison.js';
import {exchangeMachine} from './exchange.machine.js';
import type {ExchangeEvent} from './exchange.messages.js';
import type {Look} from './leaf-comparison.js';
import type {LeafReader} from './leaf-reader.js';
import {Mending, type Mended} from './mending.js';
import type {Sender} from './sender.js';
import {Talk} from './talk.js';

export type ExchangePorts = {
  readonly clock: Clock;
  readonly counters: Counters;
  readonly errands: Pick<Errands, 'ask'>;
  readonly reader: LeafReader;
  readonly sender: Sender;
  readonly gate: Gate;
  readonly peer: string;
  readonly copies: readonly number[];
  readonly onStanding: (standing: Standing) => void;
  /** Told exactly once, unless the exchange crashes. */
  readonly onOutcome: (outcome: Outcome) => void;
};

type Self = ActorRefFrom<typeof exchangeMachine>;

const NOTHING = new Uint8Array(0);

export function bindExchange(ports: ExchangePorts) {
  const exchange = new Exchange(ports);
  return exchangeMachine.provide({
    actions: {
      compare: ({self}) => exchange.compare(self as Self),
      check: () => exchange.check(),
      mend: () => exchange.mend(),
      tellEqual: () => exchange.tellEqual(),
    },
  });
}

class Exchange {
  readonly #talk: Talk;
  readonly #isJoining: boolean;
  #self: Self | null = null;
  #differences: readonly LeafDifference[] = [];
  #isPartial = false;

  constructor(private readonly ports: ExchangePorts) {
    this.#isJoining = ports.gate.isJoining;
    this.#talk = new Talk({
      ...ports,
      broken: cause => this.#tell({type: 'exchange.broken', cause}),
    });
  }

  compare(self: Self): void {
    this.#self = self;
    this.#look(look => {
      this.#differences = look.differences;
      this.#isPartial = look.isPartial;
      this.#goOn();
    });
  }

  check(): void {
    this.#look(look => {
      this.#differences = foundTwice(this.#differences, look.differences);
      this.#goOn();
    });
  }

  mend(): void {
    new Mending({...this.ports, talk: this.#talk}, this.#differences, mended =>
      this.#mended(mended),
    ).next();
  }

  tellEqual(): void {
    this.#talk.ask(
      QUESTION.equal,
      NOTHING,
      () => undefined,
      () => undefined,
    );
    this.#end({kind: 'equal'});
  }

  #look(looked: (look: Extract<Look, {kind: 'looked'}>) => void): void {
    const {ports} = this;
    const comparison = new Comparison(
      {...ports, talk: this.#talk, count: what => ports.counters.add(what)},
      standing => this.#standing(standing),
      look => {
        if (look.kind === 'looked') {
          looked(look);
        } else {
          this.#fail(look.why);
        }
      },
    );
    comparison.start();
  }

  /** Who joins compares by itself, and in more of a hurry. */
  #standing(standing: Standing): boolean {
    const isDeferred = standing.isJoining && !this.#isJoining;
    this.ports.onStanding(standing);
    if (isDeferred) {
      this.#leave({kind: 'deferred'});
    }

    return !isDeferred;
  }

  #goOn(): void {
    if (this.#differences.length > 0) {
      this.#tell({type: 'exchange.differ'});
    } else {
      this.#same();
    }
  }

  #same(): void {
    if (this.#isPartial) {
      this.#leave({kind: 'partial'});
    } else {
      this.#tell({type: 'exchange.same'});
    }
  }

  #mended({pulled, pushed, why}: Mended): void {
    const {counters} = this.ports;
    const cause = this.#isJoining ? 'joining' : 'exchange';
    counters.add(`repairs_pulled_${cause}`, pulled);
    counters.add(`repairs_pushed_${cause}`, pushed);
    if (why !== '') {
      this.#fail(why);
    } else {
      this.#same();
    }
  }

  #fail(why: string): void {
    this.ports.counters.add('repair_exchanges_failed');
    this.#leave({kind: 'failed', why});
  }

  #leave(outcome: Outcome): void {
    this.#end(outcome);
    this.#tell({type: 'exchange.ended'});
  }

  #end(outcome: Outcome): void {
    const {counters, onOutcome} = this.ports;
    counters.add('repair_exchanges');
    counters.add('repair_bytes', this.#talk.bytes);
    onOutcome(outcome);
  }

  #tell(event: ExchangeEvent): void {
    if (this.#self?.getSnapshot().status === 'active') {
      this.#self.send(event);
    }
  }
}
