/** Shows what a get found, as bytes or as JSON. */
import type {Got} from '../../client/results.js';
import {ExitCode} from '../exit-codes.js';
import {data, json, jsonValue, say} from '../output.js';

export type GotView = {
  readonly all: boolean;
  readonly failOnSiblings: boolean;
  readonly asJson: boolean;
};

/** What a get found; answers with the exit code. */
export function tellGot(
  name: {readonly bucket: string; readonly key: string},
  got: Got,
  view: GotView,
): number {
  const {found, siblings, context, acks, slots, outcome, epoch} = got;
  const isConflict = siblings.length > 1 && view.failOnSiblings;
  if (view.asJson) {
    const newest = got.found ? jsonValue(got.value) : {value: null, encoding: null};
    const values = siblings.map(jsonValue);
    const proof = {context, acks, slots, outcome, epoch};
    json('get.v1', {...name, found, ...newest, siblings: values, ...proof});
  } else if (!got.found) {
    say(`quorate: there is no key ${name.key} in bucket ${name.bucket}`);
  } else if (view.all) {
    for (const value of siblings) {
      data(value);
      data('\n');
    }
  } else {
    data(got.value);
    if (siblings.length > 1) {
      say(`quorate: the newest of ${siblings.length} concurrent values; --siblings shows all`);
    }
  }

  return found ? (isConflict ? ExitCode.conflict : ExitCode.ok) : ExitCode.notFound;
}
