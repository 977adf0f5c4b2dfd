/** The fault budget: which acknowledged writes may be gone, and which may not. */
import test from 'ava';
import {Copies} from '../../src/sim/copies.js';
import {History} from '../../src/sim/history.js';

const intent = {client: 'c1', verb: 'put', name: 'b.k', id: '', context: '', r: '', w: ''} as const;
const silently = {isNoticed: false};
const noticed = {isNoticed: true};

function setUp({isSloppy = false} = {}) {
  const operation = new History().invoke(intent, 0);
  const copies = new Copies();
  const holders = ['h1', 'h2', 'h3'];
  copies.acknowledged(operation, {needed: 2, holders, vector: null, isSloppy});
  const lose = (host: string, how = silently) => copies.lost(host, [operation], how);
  return {operation, copies, lose};
}

test('copies: a write may be lost once as many of its copies are as had acknowledged it', t => {
  const {operation, copies, lose} = setUp();
  lose('h1');
  t.false(copies.mayBeLost(operation));
  lose('h1');
  t.false(copies.mayBeLost(operation), 'a copy is lost once');
  lose('h2');
  t.true(copies.mayBeLost(operation));
  t.is([...copies.promised()].length, 0);
});

test('copies: those that came later, by repair, are not among them', t => {
  const {operation, copies, lose} = setUp();
  lose('h8');
  lose('h9');
  lose('h2');
  t.false(copies.mayBeLost(operation));
});

test('copies: where a stand-in was counted they move, and any that is lost counts', t => {
  const {operation, copies, lose} = setUp({isSloppy: true});
  lose('h8');
  lose('h2');
  t.true(copies.mayBeLost(operation));
});

test('copies: once all owners have it the budget starts anew', t => {
  const {operation, copies, lose} = setUp();
  lose('h1', noticed);
  copies.renewed(operation, ['h1', 'h2', 'h3']);
  lose('h2', noticed);
  t.false(copies.mayBeLost(operation));
});

test('copies: a host that does not know of its loss may answer a read without the write', t => {
  const {operation, copies, lose} = setUp();
  lose('h1', noticed);
  t.is(copies.unnoticed(operation), 0);
  lose('h2', silently);
  t.is(copies.unnoticed(operation), 1);
});
