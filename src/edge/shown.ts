/**
 * What a client is shown of an answer: values unpacked, newest first, and the context that covers
 * them.
 */
import type {Answer, Request} from '../../actors/coordinator/coordinator.messages.js';
import {sealContext, type ContextScope} from '../causality/context.js';
import type {StoredObject} from '../causality/object.js';
import {shownSiblings} from '../causality/siblings.js';
import {highestHlc} from '../causality/write.js';
import {Code} from '../errors.js';
import {OBJECT_BYTES_MAX} from '../limits.js';
import type {BucketRules} from '../topology/rules.js';
import {inflate} from '../wire/compression.js';

export type Shown = {
  /** Newest first by (hybrid stamp, dot); empty for a deleted or absent key. */
  readonly values: readonly Uint8Array[];
  /** '' when the key has never had an object. */
  readonly context: string;
};

const NO_VALUES: readonly Uint8Array[] = [];
const NOTHING: Shown = {values: NO_VALUES, context: ''};

/** What an answer shows its client: the values of a get that found some, and the context. */
export function showAnswer({verb, rules}: Request, answer: Answer, scope: ContextScope): Shown {
  const {code, object} = answer;
  return verb === 'get' && code === Code.ok
    ? show(object, rules, scope)
    : {values: NO_VALUES, context: closingContext(code, object, scope)};
}

function show(object: StoredObject | null, {conflicts}: BucketRules, scope: ContextScope): Shown {
  if (object === null) {
    return NOTHING;
  }

  return {
    values: shownSiblings(object, conflicts).map(sibling => inflate(sibling, OBJECT_BYTES_MAX)),
    context: contextOf(object, scope),
  };
}

/**
 * For writes, and for what was not found: no values are shown. A key that holds more than what was
 * just written gives no context: it would cover values that its writer was never shown, and the
 * next write by it would silently erase them.
 */
function closingContext(code: Code, object: StoredObject | null, scope: ContextScope): string {
  const isMore = code === Code.ok && object !== null && object.siblings.length > 1;
  return isMore ? '' : contextOf(object, scope);
}

function contextOf(object: StoredObject | null, scope: ContextScope): string {
  return object === null
    ? ''
    : sealContext({vector: object.vector, hlc: highestHlc(object, 0)}, scope);
}
