/**
 * Which faults a round of the soak has: drawn from the seed, one stream a round, so that the same
 * seed gives the same rounds whatever time they take.
 */
import type {SimRandom} from '../../../src/sim/random.js';
import type {Fault} from '../../helpers/faults/fault.js';

export type PlannedFault = {
  readonly fault: Fault;
  /** The victim where it is one host, else ''. */
  readonly host: string;
};

export type Round = {
  readonly no: number;
  readonly faults: readonly PlannedFault[];
  readonly holdMs: number;
  readonly random: SimRandom;
};

/** From a stumble to an outage that everybody has noticed. */
const HOLD_MS = {low: 300, high: 9_000};
const TWO_AT_ONCE = 0.3;

export function planRound(
  seedRandom: SimRandom,
  no: number,
  possible: readonly Fault[],
  hosts: readonly string[],
): Round {
  const random = seedRandom.stream(`round ${no}`);
  const [first, second] = random.shuffle(possible);
  const [one = '', other = ''] = random.shuffle(hosts);
  const isDouble = random.chance(TWO_AT_ONCE) && first?.victim !== 'every host';
  const faults = [plan(first, one)];
  if (isDouble && second?.victim !== 'every host' && second?.victim !== 'broker') {
    faults.push(plan(second, other));
  }

  return {
    no,
    faults: faults.filter(planned => planned !== null),
    holdMs: Math.round(random.between(HOLD_MS.low, HOLD_MS.high)),
    random,
  };
}

export function describeRound({faults}: Round): string {
  return faults
    .map(({fault, host}) => (host === '' ? fault.name : `${fault.name} (${host})`))
    .join(', ');
}

function plan(fault: Fault | undefined, host: string): PlannedFault | null {
  return fault === undefined ? null : {fault, host: fault.victim === 'host' ? host : ''};
}
