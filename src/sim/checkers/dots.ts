/** No dot is issued twice, and no replica holds a value that nobody wrote. */
import type {Sighting} from '../ledger.js';

export function checkDots({host, fresh, clashes}: Sighting): string[] {
  const twice = clashes.map(
    ({birth: {dot, write}, write: other}) =>
      `dot ${dot.incarnation}:${dot.counter} names ${write} and, at ${host}, ${other}`,
  );
  const strange = fresh
    .filter(({operation, tombstone}) => operation === null && !tombstone)
    .map(({name}) => `${host} holds a value of ${name} that nobody wrote`);
  return [...twice, ...strange];
}
