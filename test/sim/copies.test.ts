/** The fault budget: which acknowledged writes may be gone, and which may not. */
import test from 'ava';
import {Copies} from '../../src/sim/copies.js';
import {History} from '../../src/sim/history.js';

const intent = {client: 'c1', verb: 'put', name: 'b.k', id: '', context: '', r: '', w: ''} as const;
const gone = () => false;
const silently = {isNoticed: false};
const noticed = {isNoticed: true};

function setUp() {
  const operation = new History().invoke(intent, 0);
  const copies = new Copies();
  copies.acknowledged(operation, 2, ['h1', 'h2', 'h3']);
  return {operation, copies};
}

test('copies: a write may be lost once as many of its copies are as had acknowledged it', t => {
  const {operation, copies} = setUp();
  copies.lost('h1', gone, silently);
  t.false(copies.mayBeLost(operation));
  copies.lost('h1', gone, silently);
  t.false(copies.mayBeLost(operation), 'a copy is lost once');
  copies.lost('h2', gone, silently);
  t.true(copies.mayBeLost(operation));
});

test('copies: what the disk still has is not lost, nor what it never had', t => {
  const {operation, copies} = setUp();
  copies.lost('h1', () => true, silently);
  copies.lost('h9', gone, silently);
  copies.lost('h2', gone, silently);
  t.false(copies.mayBeLost(operation));
});

test('copies: once the owners are proven equal the budget starts anew', t => {
  const {operation, copies} = setUp();
  copies.lost('h1', gone, noticed);
  copies.proven(['h1', 'h2', 'h3'], one => one === operation);
  copies.lost('h2', gone, noticed);
  t.false(copies.mayBeLost(operation));
});

test('copies: a host that does not know of its loss may answer a read without the write', t => {
  const {operation, copies} = setUp();
  copies.lost('h1', gone, noticed);
  t.is(copies.unnoticed(operation), 0);
  copies.lost('h2', gone, silently);
  t.is(copies.unnoticed(operation), 1);
});
