/** Each checker sees the fault it is for, planted by hand, and is silent without it. */
import test from 'ava';
import {EMPTY_LIST, includeId} from '../../src/causality/id-list.js';
import {hashMessageId} from '../../src/causality/message-id.js';
import type {StoredObject} from '../../src/causality/object.js';
import type {VersionVector} from '../../src/causality/version-vector.js';
import {nameHash, objectHash} from '../../src/merkle/object-hash.js';
import {treeOf} from '../../src/store/leaf-records.js';
import {leafOf, MerkleTree} from '../../src/merkle/tree.js';
import {checkAnswers} from '../../src/sim/checkers/answers.js';
import {checkBounds} from '../../src/sim/checkers/bounds.js';
import {checkConvergence} from '../../src/sim/checkers/convergence.js';
import {checkMerkle} from '../../src/sim/checkers/merkle.js';
import {checkNotApplied, checkWriteClaim} from '../../src/sim/checkers/outcomes.js';
import {checkPurged, checkRetired} from '../../src/sim/checkers/purges.js';
import {checkRead} from '../../src/sim/checkers/reads.js';
import {checkVanished} from '../../src/sim/checkers/supersession.js';
import type {Operation} from '../../src/sim/history.js';
import {books, dot, FACTS, NAME, never, objectOf, OK, sibling, valueOf} from './books.js';

test('dots: one that names two writes is seen', t => {
  const {invoke, letOut} = books();
  const [one, two] = [invoke(), invoke()];
  t.deepEqual(letOut('h1', objectOf([dot('a', 1)], sibling(one, dot('a', 1)))), []);
  t.deepEqual(letOut('h2', objectOf([dot('a', 1)], sibling(one, dot('a', 1)))), []);
  t.regex(letOut('h2', objectOf([dot('a', 1)], sibling(two, dot('a', 1)))).join(), /names #0 and/);
});

test('dots: a value that nobody wrote is seen', t => {
  const {letOut, invoke} = books();
  const stranger = {...sibling(invoke(), dot('a', 1)), value: Buffer.from('v99 ')};
  t.regex(letOut('h1', objectOf([dot('a', 1)], stranger)).join(), /nobody wrote/);
});

test('supersession: a blind write covers what its coordinator held', t => {
  const {invoke, letOut} = books();
  const [one, two] = [invoke(), invoke()];
  letOut('h1', objectOf([dot('a', 1)], sibling(one, dot('a', 1))));
  t.deepEqual(letOut('h1', objectOf([dot('a', 2)], sibling(two, dot('a', 2)))), []);
});

test('supersession: a blind write that lets go of what its coordinator never held is seen', t => {
  const {invoke, letOut} = books();
  const [one, two] = [invoke(), invoke()];
  letOut('h1', objectOf([dot('a', 1)], sibling(one, dot('a', 1))));
  const erasing = objectOf([dot('a', 1), dot('b', 1)], sibling(two, dot('b', 1)));
  t.regex(letOut('h2', erasing).join(), /h2 let go of put #0/);
});

test('supersession: what a failed commit made a host forget it cannot cover blindly', t => {
  const {invoke, letOut, ledger} = books();
  const [one, two] = [invoke(), invoke()];
  letOut('h1', objectOf([dot('a', 1)], sibling(one, dot('a', 1))));
  ledger.forgetOwn('h1');
  t.regex(letOut('h1', objectOf([dot('a', 9)], sibling(two, dot('a', 9)))).join(), /let go of/);
});

test('supersession: a write covers what its context covers, and nothing else', t => {
  const {invoke, letOut, contexts} = books();
  const [one, two] = [invoke(), invoke()];
  const both = [dot('a', 1), dot('b', 1)];
  letOut('h1', objectOf(both, sibling(one, dot('a', 1)), sibling(two, dot('b', 1))));
  contexts.set('saw one', [dot('a', 1)]);
  const three = invoke({context: 'saw one'});
  const problems = letOut('h1', objectOf([...both, dot('c', 1)], sibling(three, dot('c', 1))));
  t.is(problems.length, 1);
  t.regex(problems.join(), /let go of put #1/);
});

test('supersession: what was forgotten by right anything may cover', t => {
  const {invoke, ledger, letOut} = books();
  const del = invoke({verb: 'del', id: 'del-1'});
  letOut('h1', objectOf([dot('a', 1)], sibling(del, dot('a', 1))));
  ledger.purge(NAME, [dot('a', 1)]);
  const put = invoke({context: 'none'});
  t.deepEqual(letOut('h1', objectOf([dot('a', 2)], sibling(put, dot('a', 2)))), []);
});

test('purges: an entry that goes while its write stands is seen, one that is spent may go', t => {
  const {invoke, ledger, letOut} = books();
  const one = invoke({context: 'none'});
  letOut('h1', objectOf([dot('a', 1)], sibling(one, dot('a', 1))));
  t.regex(checkRetired('h1', NAME, [dot('a', 1)], ledger).join(), /which stands/);
  const two = invoke();
  letOut('h1', objectOf([dot('a', 1), dot('b', 1)], sibling(two, dot('b', 1))));
  t.deepEqual(checkRetired('h1', NAME, [dot('a', 1)], ledger), []);
  ledger.purge(NAME, [dot('a', 1)]);
  t.deepEqual(
    checkPurged('h1', NAME, objectOf([dot('b', 1)], sibling(two, dot('b', 1))), ledger),
    [],
  );
  const back = objectOf([dot('a', 1)], sibling(one, dot('a', 1)));
  t.regex(checkPurged('h1', NAME, back, ledger).join(), /brings back/);
});

test('supersession: a write that claims to have seen nothing lets go of nothing', t => {
  const {invoke, letOut} = books();
  const [one, two] = [invoke(), invoke({context: 'none'})];
  letOut('h1', objectOf([dot('a', 1)], sibling(one, dot('a', 1))));
  t.regex(letOut('h1', objectOf([dot('a', 2)], sibling(two, dot('a', 2)))).join(), /let go of/);
});

test('supersession: what vanishes without any write is seen', t => {
  const {invoke, letOut} = books();
  const [one, two] = [invoke(), invoke()];
  const both = [dot('a', 1), dot('b', 1)];
  letOut('h1', objectOf(both, sibling(one, dot('a', 1)), sibling(two, dot('b', 1))));
  t.regex(letOut('h2', objectOf(both, sibling(two, dot('b', 1)))).join(), /for no write at all/);
});

test('supersession: of several writes of one turn the last may be seen first', t => {
  const {invoke, letOut} = books();
  const [one, two] = [invoke(), invoke()];
  t.deepEqual(letOut('h1', objectOf([dot('a', 2)], sibling(two, dot('a', 2)))), []);
  t.deepEqual(letOut('h1', objectOf([dot('a', 1)], sibling(one, dot('a', 1)))), []);
  t.deepEqual(letOut('h1', objectOf([dot('a', 2)], sibling(two, dot('a', 2)))), []);
});

test('vanished: an acknowledged write that is nowhere in the end is seen', t => {
  const {invoke, letOut, claim, history, ledger} = books();
  const one = invoke();
  claim(one);
  const kept = objectOf([dot('a', 1)], sibling(one, dot('a', 1)));
  letOut('h1', kept);
  t.deepEqual(
    checkVanished(history.operations, ledger, () => kept, never),
    [],
  );
  t.regex(
    checkVanished(history.operations, ledger, () => null, never).join(),
    /put #0 .* has vanished/,
  );
  const other = objectOf([dot('b', 1)]);
  t.regex(checkVanished(history.operations, ledger, () => other, never).join(), /has vanished/);
});

test('outcomes: fewer durable copies than were claimed are seen', t => {
  const {invoke, letOut, claim, ledger} = books();
  const one = invoke();
  const claimed = claim(one);
  const vector = [dot('a', 1)];
  letOut('h1', objectOf(vector, sibling(one, dot('a', 1))));
  const facts = {...FACTS, ledger, vector};
  t.deepEqual(checkWriteClaim(one, claimed, {...facts, durable: [vector, vector, null]}), []);
  const fewer = checkWriteClaim(one, claimed, {...facts, durable: [vector, [dot('b', 7)], null]});
  t.regex(fewer.join(), /with 2\/3, and 1 hosts have it/);
});

test('outcomes: an acknowledgement of something else is seen', t => {
  const {invoke, letOut, claim, ledger} = books();
  const [one, two] = [invoke(), invoke()];
  letOut('h1', objectOf([dot('a', 1)], sibling(one, dot('a', 1))));
  const vector = [dot('a', 1)];
  const durable = [vector, vector];
  t.regex(
    checkWriteClaim(two, claim(two), {...FACTS, ledger, vector, durable}).join(),
    /its context does not cover it/,
  );
});

test('outcomes: a put without a context is judged by who has its dot', t => {
  const {invoke, letOut, claim, ledger} = books();
  const [one, two] = [invoke(), invoke()];
  const vector = [dot('a', 1)];
  letOut('h1', objectOf(vector, sibling(one, dot('a', 1))));
  const check = (operation: Operation, durable: Array<VersionVector | null>) =>
    checkWriteClaim(operation, claim(operation), {...FACTS, ledger, vector: null, durable});
  t.deepEqual(check(one, [vector, vector, null]), []);
  t.regex(check(one, [vector, null, null]).join(), /without a context, and 1 hosts have it/);
  t.regex(check(two, [vector, vector, vector]).join(), /without a context, and 0 hosts have it/);
});

test('outcomes: only a blind write right behind it excuses one that was never seen', t => {
  const vector = [dot('a', 1)];
  const facts = {vector, durable: [vector, vector]};
  const overtaken = (context: string) => {
    const {invoke, letOut, claim, ledger} = books();
    const [unseen, later] = [invoke(), invoke({context})];
    letOut('h1', objectOf([dot('a', 2)], sibling(later, dot('a', 2))));
    return checkWriteClaim(unseen, claim(unseen), {...FACTS, ledger, ...facts}).join();
  };
  t.is(overtaken(''), '');
  t.regex(overtaken('none'), /its context does not cover it/);
});

test('supersession: a write that was never seen is superseded by a blind one, or by nothing', t => {
  const sighted = (context: string) => {
    const {invoke, letOut} = books();
    const [unseen, later] = [invoke({id: 'order-1'}), invoke({context})];
    const retired = includeId(EMPTY_LIST, {id: hashMessageId(unseen.id), hlc: 1});
    return letOut('h1', {...objectOf([dot('a', 2)], sibling(later, dot('a', 2))), retired}).join();
  };
  t.is(sighted(''), '');
  t.regex(sighted('none'), /h1 calls put #0 .* superseded, and by nothing/);
});

test('outcomes: a write that was applied after it was said that nothing was is seen', t => {
  const {invoke, letOut, claim, history, ledger} = books();
  const one = invoke();
  claim(one, {code: 429, text: 'full; nothing was applied; retry'});
  one.attempts[0]!.heard = 1;
  t.deepEqual(checkNotApplied(history.operations, ledger), []);
  letOut('h1', objectOf([dot('a', 1)], sibling(one, dot('a', 1))));
  t.regex(checkNotApplied(history.operations, ledger).join(), /put #0 .* was applied/);
});

/** A put acknowledged at 10 ms, and a get sent at 20 ms. */
function readBooks() {
  const planted = books();
  const put = planted.invoke();
  planted.claim(put);
  planted.letOut('h1', objectOf([dot('a', 1)], sibling(put, dot('a', 1))));
  const get = planted.attempt(planted.invoke({verb: 'get'}), 20);
  const facts = {
    ledger: planted.ledger,
    operations: planted.history.operations,
    vector: [dot('a', 1)],
    durable: [[dot('a', 1)]],
    writerOf: (value: Uint8Array) => planted.history.writerOf(value),
    isLww: false,
    isDue: () => true,
    unnoticed: () => 0,
    isAnyLost: () => false,
  };
  return {...planted, put, get, facts, answer: {...OK, values: [valueOf(put)]}};
}

test('reads: a get that shows what was acknowledged is fine', t => {
  const {get, facts, answer} = readBooks();
  t.deepEqual(checkRead(get, answer, facts), []);
});

test('reads: a get that misses an acknowledged write is seen', t => {
  const {get, facts, answer} = readBooks();
  const missing = {...answer, code: 404, values: []};
  t.regex(checkRead(get, missing, {...facts, vector: []}).join(), /missed put #0/);
  const weak = {...missing, acks: 1};
  t.deepEqual(checkRead(get, weak, {...facts, vector: []}), [], 'R + W <= N promises nothing');
  const lost = {...facts, vector: [], isDue: () => false};
  t.deepEqual(checkRead(get, missing, lost), [], 'too many of its copies are lost');
});

test('reads: a stand-in that is counted without keeping anything is seen', t => {
  const {get, facts, answer} = readBooks();
  const absent = {...answer, code: 404, values: [], outcome: 'sloppy'};
  t.regex(checkRead(get, absent, {...facts, vector: []}).join(), /keeps nothing/);
  t.deepEqual(checkRead(get, {...answer, outcome: 'sloppy'}, facts), []);
});

test('reads: a value that could still vanish is seen', t => {
  const {get, facts, answer} = readBooks();
  t.regex(checkRead(get, answer, {...facts, durable: []}).join(), /could still vanish/);
  const lost = {...facts, durable: [], isAnyLost: () => true};
  t.deepEqual(checkRead(get, answer, lost), [], 'its disk has lost it since');
});

test('reads: a context that covers what was not shown is seen', t => {
  const {get, facts, answer} = readBooks();
  t.regex(checkRead(get, {...answer, values: []}, facts).join(), /hides #0/);
});

test('answers: a second answer is seen, and one that never came while all was calm', t => {
  const {invoke, attempt, history} = books();
  const once = attempt(invoke(), 100);
  once.heard = 1;
  t.deepEqual(checkAnswers(history.attempts, 50), []);
  const twice = attempt(invoke(), 0);
  twice.heard = 2;
  attempt(invoke(), 10);
  attempt(invoke(), 60);
  const problems = checkAnswers(history.attempts, 50);
  t.is(problems.length, 2);
  t.regex(problems[0] ?? '', /answered 2 times/);
  t.regex(problems[1] ?? '', /attempt 3.* was not answered/);
});

test('convergence: a replica that differs or lacks the key is seen', t => {
  const {invoke} = books();
  const one = invoke();
  const object = objectOf([dot('a', 1)], sibling(one, dot('a', 1)));
  const other = objectOf([dot('a', 2)], sibling(one, dot('a', 2)));
  const replicas = (...objects: Array<StoredObject | null>) => [
    {name: NAME, objects: new Map(objects.map((held, at) => [`h${at + 1}`, held]))},
  ];
  t.deepEqual(checkConvergence(replicas(object, object, object)), []);
  t.deepEqual(checkConvergence(replicas(null, null)), []);
  t.is(checkConvergence(replicas(object, other, null)).length, 2);
});

test('merkle: a leaf that is not the XOR of its objects is seen', t => {
  const object = objectOf([dot('a', 1)], sibling(books().invoke(), dot('a', 1)));
  const leaf = leafOf(nameHash(NAME));
  const tree = new MerkleTree();
  tree.update(leaf, null, objectHash(NAME, object));
  const records = [{partition: 3, name: NAME, object, isMarked: false}];
  const stored = new Map([[treeOf(3, 2), tree]]);
  const inTwo = () => 2;
  t.deepEqual(checkMerkle('h1', records, stored, inTwo), []);
  t.is(checkMerkle('h1', records, new Map(), inTwo).length, 1);
  t.is(checkMerkle('h1', [], stored, inTwo).length, 1);
  t.is(checkMerkle('h1', records, stored, () => 3).length, 2);
  const marked = records.map(record => ({...record, isMarked: true}));
  t.is(checkMerkle('h1', marked, stored, inTwo).length, 1);
  t.deepEqual(checkMerkle('h1', marked, new Map(), inTwo), []);
});

test('bounds: a queue past its bound is seen', t => {
  const node = {id: 'h1', state: '', mailboxDepth: 0, restarts: 0, lastError: '', children: []};
  const tree = {...node, children: [{...node, id: 'partition.3', mailboxDepth: 33}]};
  t.deepEqual(
    checkBounds('h1', tree, () => 33),
    [],
  );
  t.regex(checkBounds('h1', tree, () => 32).join(), /33 operations wait for partition.3/);
});
