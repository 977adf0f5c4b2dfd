/**
 * Joiners: the partitions of this host whose vnodes join, and what the exchanges of each have told
 * of the other owners since it began to. Decides with src/repair/standing.ts when one may serve.
 *
 * Invariant: nothing that was told before a vnode began to join, or by an earlier life of a peer,
 * counts.
 */
import {mayServe} from '../../src/repair/standing.js';
import type {Standing} from '../../src/wire/repair-questions.js';
import type {Gate} from '../partition/gate.js';

export type JoinerPorts = {
  readonly self: string;
  /** The store was created when this process started. */
  readonly isFresh: boolean;
  /** '' while not linked. */
  readonly incarnationOf: (peer: string) => string;
  /** The vnode behind this gate may serve. */
  readonly prove: (gate: Gate) => void;
};

type Told = {isProven: boolean; standing: Standing | null; incarnation: string};

/** Of one vnode while it joins. */
type Joiner = {readonly joining: number; readonly told: Map<string, Told>};

const NOT_TOLD: Standing = {isJoining: false, isVirgin: false, hasFounded: false};

export class Joiners {
  readonly #joiners = new Map<number, Joiner>();
  /** By partition: lives of peers that were virgin when this host began to serve. */
  readonly #founded = new Map<number, ReadonlySet<string>>();

  constructor(private readonly ports: JoinerPorts) {}

  /** What a peer that compares with us is told. */
  standing(gate: Gate, peer: string): Standing {
    const incarnation = this.ports.incarnationOf(peer);
    return {
      isJoining: gate.isJoining,
      isVirgin: gate.isJoining && this.ports.isFresh && gate.trees?.isEmpty === true,
      hasFounded: this.#founded.get(gate.partition)?.has(incarnation) === true,
    };
  }

  heard(gate: Gate, peer: string, standing: Standing): void {
    const told = this.#told(gate, peer);
    told.standing = standing;
    told.incarnation = this.ports.incarnationOf(peer);
  }

  /**
   * An exchange with the peer that began while the vnode had joined so often has made both equal.
   */
  proven(gate: Gate, peer: string, joining: number): void {
    if (joining === gate.joinings) {
      this.#told(gate, peer).isProven = true;
    }
  }

  /** Whether the peer need not be compared any more. */
  isProven(gate: Gate, peer: string): boolean {
    return this.#told(gate, peer).isProven;
  }

  /** To be called whenever something may have changed. */
  consider(gate: Gate): void {
    if (!gate.isJoining) {
      return;
    }

    const {self, isFresh, incarnationOf, prove} = this.ports;
    const others = gate.owners
      .filter(owner => owner !== self)
      .map(owner => {
        const {isProven, standing, incarnation} = this.#told(gate, owner);
        const now = incarnationOf(owner);
        const {isVirgin, hasFounded} = (incarnation === now ? standing : null) ?? NOT_TOLD;
        return {isProven, isReachable: now !== '', isVirgin, hasFounded, now};
      });
    if (mayServe({isFresh, isEmpty: gate.trees?.isEmpty === true, others})) {
      const founders = others.filter(({isVirgin, hasFounded}) => isVirgin || hasFounded);
      this.#founded.set(gate.partition, new Set(founders.map(({now}) => now)));
      prove(gate);
    }
  }

  #told(gate: Gate, peer: string): Told {
    let joiner = this.#joiners.get(gate.partition);
    if (joiner?.joining !== gate.joinings) {
      joiner = {joining: gate.joinings, told: new Map()};
      this.#joiners.set(gate.partition, joiner);
    }

    const told = joiner.told.get(peer) ?? {isProven: false, standing: null, incarnation: ''};
    joiner.told.set(peer, told);
    return told;
  }
}
