/** Each checker of what is promised sees the fault it is for, and is silent without it. */
import test from 'ava';
import {EMPTY_LIST, includeId} from '../../src/causality/id-list.js';
import {hashMessageId} from '../../src/causality/message-id.js';
import {checkClaim} from '../../src/sim/checkers/claims.js';
import {burialsOf, checkReturned, checkShownDeleted} from '../../src/sim/checkers/deletes.js';
import {checkLeftovers} from '../../src/sim/checkers/leftovers.js';
import {checkMonotony, seenBy} from '../../src/sim/checkers/monotony.js';
import {checkQuiet} from '../../src/sim/checkers/quiet.js';
import {checkRetries} from '../../src/sim/checkers/retries.js';
import {checkVanished} from '../../src/sim/checkers/supersession.js';
import type {VersionVector} from '../../src/causality/version-vector.js';
import type {Claim, Intent} from '../../src/sim/history.js';
import {DEFAULT_POLICY, type BucketPolicy} from '../../src/topology/policy.js';
import {books, dot, NAME, never, objectOf, OK, sibling} from './books.js';

function claims(
  told: Partial<Claim>,
  intent: Partial<Intent> = {},
  policy: Partial<BucketPolicy> = {},
) {
  const {invoke, attempt} = books();
  const made = attempt(invoke({verb: 'get', ...intent}));
  return checkClaim(made, {...OK, ...told}, {...DEFAULT_POLICY, ...policy}).join();
}

test('claims: an answer as it should be is fine', t => {
  t.is(claims({}), '');
  t.is(claims({code: 404}), '');
  t.is(claims({acks: 1, outcome: 'weak'}, {r: 'one'}), '');
  t.is(claims({code: 503, acks: 1}), '');
  t.is(claims({code: 429, acks: 0, slots: 0, outcome: ''}), '');
  t.is(claims({outcome: 'sloppy'}), '');
});

test('claims: a code that a good request cannot have is seen', t => {
  t.regex(claims({code: 400, text: 'no such header'}), /with 400 .*no such header/);
  t.regex(claims({code: 404}, {verb: 'put'}), /with 404/);
});

test('claims: fewer acks than R or W, or more than there are copies, are seen', t => {
  t.regex(claims({acks: 1}), /2 were needed/);
  t.regex(claims({acks: 2}, {verb: 'put', w: 'all'}), /3 were needed/);
  t.regex(claims({acks: 4}), /where 3 copies are kept/);
  t.regex(claims({slots: 2}), /where 3 copies are kept/);
});

test('claims: an outcome that is called strict and is not, or the other way round, is seen', t => {
  t.regex(claims({acks: 1}, {r: 'one'}), /with R 1, W 2 of 3/);
  t.regex(claims({outcome: 'weak'}), /with R 2, W 2 of 3/);
  t.regex(claims({outcome: 'sloppy'}, {}, {quorum: 'strict'}), /in a strict bucket/);
  t.regex(claims({outcome: '', slots: 0}), /does not say by whom/);
});

/** A put that a delete has superseded, on two of three owners. */
function deleted() {
  const planted = books();
  const put = planted.invoke();
  const value = objectOf([dot('a', 1)], sibling(put, dot('a', 1)));
  planted.letOut('h1', value);
  const del = planted.invoke({verb: 'del', id: 'delete-1'});
  const tombstone = objectOf([dot('a', 2)], sibling(del, dot('a', 2)));
  planted.letOut('h1', tombstone);
  const {ledger} = planted;
  const copies = [tombstone, tombstone, value];
  const burials = burialsOf(del, OK, tombstone.vector, {ledger, copies});
  return {...planted, put, del, value, tombstone, burials, facts: {ledger, burials}};
}

test('deletes: what an acknowledged delete covered is buried, and nothing else', t => {
  const {burials, put, del, ledger, value} = deleted();
  t.deepEqual(
    burials.map(({birth, by}) => [birth.operation, by]),
    [[put, del]],
  );
  t.deepEqual(burialsOf(del, OK, value.vector, {ledger, copies: [value]}), []);
});

test('deletes: a deleted value that a read shows which must meet the delete is seen', t => {
  const {attempt, invoke, put, facts} = deleted();
  const get = (sentMs: number) => attempt(invoke({verb: 'get'}), sentMs);
  t.regex(
    checkShownDeleted(get(20), OK, [put], facts).join(),
    /h1 answered get .* del #1 .*deleted/,
  );
  t.deepEqual(checkShownDeleted(get(20), OK, [], facts), []);
  t.deepEqual(checkShownDeleted(get(5), OK, [put], facts), [], 'it was sent before');
  t.deepEqual(checkShownDeleted(get(20), {...OK, acks: 1}, [put], facts), [], 'R + W <= N');
  const sloppy = {...OK, outcome: 'sloppy'};
  t.deepEqual(checkShownDeleted(get(20), sloppy, [put], facts), [], 'a stand-in was counted');
});

test('deletes: a deleted key that is there in the end is seen', t => {
  const {burials, value, tombstone} = deleted();
  t.deepEqual(
    checkReturned(burials, () => tombstone, never),
    [],
  );
  t.deepEqual(
    checkReturned(burials, () => null, never),
    [],
    'purged',
  );
  t.regex(checkReturned(burials, () => value, never).join(), /#0 of plain.key is back/);
  t.deepEqual(
    checkReturned(
      burials,
      () => value,
      () => true,
    ),
    [],
    'the budget is spent',
  );
});

test('vanished: a write whose fault budget is spent need not be there', t => {
  const {invoke, claim, history, ledger} = books();
  claim(invoke());
  t.is(checkVanished(history.operations, ledger, () => null, never).length, 1);
  t.deepEqual(
    checkVanished(
      history.operations,
      ledger,
      () => null,
      () => true,
    ),
    [],
  );
});

const NONE = {unnoticed: () => 0, all: () => 0, areMost: () => false};

function laterRead(losses = NONE, forgotten: VersionVector = []) {
  const {invoke, attempt} = books();
  const earlier = [seenBy(attempt(invoke({verb: 'get'}), 0), OK, [dot('a', 2)])];
  return (acks: number, sentMs: number, counter: number) => {
    const later = attempt(invoke({verb: 'get'}), sentMs);
    const facts = {earlier, losses, forgotten};
    return checkMonotony(later, {...OK, acks}, [dot('a', counter)], facts);
  };
}

test('monotony: a read that knows less than one before it, which it must meet, is seen', t => {
  const check = laterRead();
  t.regex(check(2, 20, 1).join(), /less than get #0 .* had shown/);
  t.deepEqual(check(2, 20, 2), []);
  t.deepEqual(check(2, 5, 1), [], 'it was sent before the other was answered');
  t.deepEqual(check(1, 20, 1), [], 'its quorum is smaller');
});

test('monotony: a read need not know what was lost since, nor what was forgotten by right', t => {
  const one = () => 1;
  const two = () => 2;
  t.deepEqual(
    laterRead({...NONE, unnoticed: one, all: one})(2, 20, 1),
    [],
    'it may have asked that host',
  );
  t.is(laterRead({...NONE, unnoticed: one, all: one})(3, 20, 1).length, 1);
  t.is(laterRead({...NONE, all: one})(2, 20, 1).length, 1, 'who notices a loss does not answer');
  t.deepEqual(laterRead({...NONE, all: two})(2, 20, 1), [], 'both copies are lost');
  t.deepEqual(laterRead({...NONE, areMost: () => true})(3, 20, 1), [], 'they were refounded');
  t.deepEqual(laterRead(NONE, [dot('a', 2)])(2, 20, 1), []);
});

test('retries: a write that is stamped again where the disk has it is seen', t => {
  const {invoke, ledger} = books();
  const put = invoke({id: 'order-1'});
  const first = objectOf([dot('a', 1)], sibling(put, dot('a', 1)));
  ledger.observe('h1', NAME, first);
  const again = () => {
    const other = books();
    const same = other.invoke({id: 'order-1'});
    return other.ledger.observe('h1', NAME, objectOf([dot('a', 2)], sibling(same, dot('a', 2))));
  };
  t.regex(checkRetries(again(), first).join(), /h1 applied put #0 .* again/);
  const retired = includeId(EMPTY_LIST, {id: hashMessageId('order-1'), hlc: 1});
  t.is(checkRetries(again(), {...objectOf([dot('a', 1)]), retired}).length, 1);
  t.deepEqual(checkRetries(again(), objectOf([dot('a', 1)])), []);
  t.deepEqual(checkRetries(again(), null), []);
  t.deepEqual(checkRetries(again(), {...first, vector: [dot('a', 2)]}), [], 'sent late');
});

test('leftovers: siblings that stay where the last writer wins are seen', t => {
  const {invoke} = books();
  const [one, two] = [sibling(invoke(), dot('a', 1)), sibling(invoke(), dot('b', 1))];
  const check = (...siblings: (typeof one)[]) =>
    checkLeftovers([{name: NAME, objects: new Map([['h1', objectOf([], ...siblings)]])}]);
  t.deepEqual(check(one), []);
  t.regex(check(one, two).join(), /still holds 2 siblings/);
});

test('quiet: objects that move while nothing differs are seen', t => {
  t.deepEqual(checkQuiet(0, 1_000), []);
  t.regex(checkQuiet(3, 1_000).join(), /3 objects/);
});
