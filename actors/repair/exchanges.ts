/**
 * Exchanges: those that are under way on this host, and how each ends.
 *
 * Invariant: each that was begun ends exactly once on the agenda, by its outcome, by its crash, or
 * with a predecessor of the repair actor.
 */
import type {Clock} from '../../src/ports/clock.js';
import type {Agenda, Entry, Outcome} from '../../src/repair/agenda.js';
import type {Gate} from '../partition/gate.js';
import {bindExchange, type ExchangePorts} from './exchange.effects.js';
import type {ExchangeInput} from './exchange.messages.js';
import type {Joiners} from './joiners.js';
import type {MadeExchange} from './repair.messages.js';

export type ExchangesPorts = Pick<
  ExchangePorts,
  'clock' | 'counters' | 'errands' | 'reader' | 'sender'
> & {
  readonly clock: Clock;
  readonly agenda: Agenda;
  readonly joiners: Joiners;
  readonly pauseMs: number;
  /** One has ended: another may begin. */
  readonly onEnd: () => void;
};

export class Exchanges {
  /** By the id of the actor. */
  readonly #underWay = new Map<string, {readonly entry: Entry; readonly isJoining: boolean}>();
  #begun = 0;

  constructor(private readonly ports: ExchangesPorts) {}

  get size(): number {
    return this.#underWay.size;
  }

  /** Of vnodes that join, or of all others. */
  count(joining: boolean): number {
    return [...this.#underWay.values()].filter(({isJoining}) => isJoining === joining).length;
  }

  begin(entry: Entry, gate: Gate): MadeExchange {
    const {ports} = this;
    const {partition, peer, copies} = entry.pair;
    const {joinings, isJoining} = gate;
    this.#begun += 1;
    const id = `exchange.${partition}.${peer}.${this.#begun}`;
    ports.agenda.begin(entry, ports.clock.nowMs());
    this.#underWay.set(id, {entry, isJoining});
    const input: ExchangeInput = {isJoining, pauseMs: ports.pauseMs};
    const logic = bindExchange({
      ...ports,
      gate,
      peer,
      copies,
      onStanding: standing => ports.joiners.heard(gate, peer, standing),
      onOutcome: outcome => {
        if (outcome.kind === 'equal') {
          ports.joiners.proven(gate, peer, joinings);
        }

        this.#end(id, outcome);
      },
    });
    return {id, logic, input};
  }

  crashed(id: string, why: string): void {
    this.#end(id, {kind: 'failed', why});
  }

  /** All that a predecessor had under way has ended with it. */
  abandon(): void {
    for (const id of this.#underWay.keys()) {
      this.#end(id, {kind: 'failed', why: 'repair was restarted'});
    }
  }

  #end(id: string, outcome: Outcome): void {
    const underWay = this.#underWay.get(id);
    if (underWay !== undefined) {
      const {agenda, clock, onEnd} = this.ports;
      this.#underWay.delete(id);
      agenda.end(underWay.entry, outcome, clock.nowMs(), clock.wallMs());
      onEnd();
    }
  }
}
