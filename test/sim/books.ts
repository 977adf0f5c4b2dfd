/** A history and a ledger, with the words to plant things in them, for tests of the checkers. */
import {EMPTY_LIST} from '../../src/causality/id-list.js';
import {hashMessageId} from '../../src/causality/message-id.js';
import type {Dot} from '../../src/causality/dot.js';
import type {Sibling, StoredObject} from '../../src/causality/object.js';
import type {VersionVector} from '../../src/causality/version-vector.js';
import {checkDots} from '../../src/sim/checkers/dots.js';
import {checkDeaths} from '../../src/sim/checkers/supersession.js';
import {History, tagOf, type Claim, type Intent, type Operation} from '../../src/sim/history.js';
import {Ledger} from '../../src/sim/ledger.js';

export const NAME = 'plain.key';
export const dot = (incarnation: string, counter: number): Dot => ({incarnation, counter});

export function books() {
  const history = new History();
  const ledger = new Ledger(history);
  const contexts = new Map<string, VersionVector>();
  const rules = {
    ledger,
    isLww: (name: string) => name.startsWith('latest.'),
    openContext: (_: string, token: string) => contexts.get(token) ?? null,
    namelessDeletes: () => [],
  };
  const invoke = (intent: Partial<Intent> = {}) =>
    history.invoke(
      {client: 'c1', verb: 'put', name: NAME, id: '', context: '', r: '', w: '', ...intent},
      0,
    );
  const attempt = (operation: Operation, sentMs = 0) =>
    history.attempt(operation, 'h1', sentMs, true);
  const claim = (operation: Operation, told: Partial<Claim> = {}) => {
    const claimed = {...OK, ...told};
    attempt(operation).claims.push(claimed);
    return claimed;
  };
  const letOut = (host: string, object: StoredObject) => {
    const sighting = ledger.observe(host, NAME, object);
    ledger.hold(host, NAME, object);
    return [...checkDots(sighting), ...checkDeaths(sighting, rules)];
  };
  return {history, ledger, contexts, invoke, attempt, claim, letOut};
}

export const OK: Claim = {
  host: 'h1',
  atMs: 10,
  code: 200,
  text: '',
  values: [],
  context: 'context',
  acks: 2,
  slots: 3,
  outcome: 'strict',
};

export function sibling(operation: Operation, ...dots: Dot[]): Sibling {
  const tombstone = operation.verb === 'del';
  const id = operation.id === '' ? '' : hashMessageId(operation.id);
  const value = valueOf(operation);
  return {
    dots,
    hlc: 1,
    id,
    tombstone,
    deflated: false,
    value: tombstone ? new Uint8Array() : value,
  };
}

export const FACTS = {forgetful: 0, isLww: false};
export const never = () => false;
export const valueOf = (operation: Operation) => Buffer.from(`${tagOf(operation)} `);
export const objectOf = (vector: VersionVector, ...siblings: Sibling[]): StoredObject => ({
  vector,
  siblings,
  retired: EMPTY_LIST,
});
