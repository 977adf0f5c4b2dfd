/** Shows how a put or del went. */
import type {Written} from '../../client/results.js';
import {json, say} from '../output.js';

/** How a put or del went: a line for people, or all of it as JSON. */
export function tellWritten(
  verb: 'put' | 'del',
  name: {readonly bucket: string; readonly key: string},
  written: Written,
  asJson: boolean,
): void {
  if (asJson) {
    json(`${verb}.v1`, {...name, ...written});
    return;
  }

  const {acks, slots, outcome} = written;
  const done = verb === 'put' ? 'stored' : 'deleted';
  say(`${done} on ${acks} of ${slots} owners before this answer (${outcome})`);
}
