import {testProp} from '@fast-check/ava';
import test from 'ava';
import * as fc from 'fast-check';
import {
  countIds,
  EMPTY_LIST,
  filterIds,
  idsOf,
  includeId,
  includesIds,
  isIdList,
  searchId,
  stampAt,
  uniteIds,
  type IdList,
  type IdStamp,
} from '../../src/causality/id-list.js';

const ids = fc.oneof(
  fc.constantFrom('p', 'q', 'qq', 'r'),
  fc.stringMatching(/^[A-Za-z0-9_-]{1,12}$/),
);
const stamps = fc.oneof(fc.nat({max: 3}), fc.maxSafeNat());
const writes = fc.array(fc.record({id: ids, hlc: stamps}), {maxLength: 40});

const listOf = (all: readonly IdStamp[]): IdList => all.reduce(includeId, EMPTY_LIST);

/** What a list of these must say. */
function modelOf(all: readonly IdStamp[]): IdStamp[] {
  const earliest = new Map<string, number>();
  for (const {id, hlc} of all) {
    earliest.set(id, Math.min(hlc, earliest.get(id) ?? Infinity));
  }

  return [...earliest].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([id, hlc]) => ({id, hlc}));
}

testProp('ids: a list is sorted and has the earliest stamp of each id', [writes], (t, all) => {
  const list = listOf(all);
  const model = modelOf(all);
  t.deepEqual(idsOf(list), model);
  t.is(countIds(list), model.length);
  t.true(isIdList(list));
  for (const {id, hlc} of model) {
    t.is(stampAt(list, searchId(list, id)), hlc);
  }

  t.true(searchId(list, 'none of them') < 0);
  t.true(searchId(list, 'p'.repeat(13)) < 0);
});

testProp('ids: a union says what both say, and includes both', [writes, writes], (t, a, b) => {
  const union = uniteIds(listOf(a), listOf(b));
  t.deepEqual(idsOf(union), modelOf([...a, ...b]));
  t.true(includesIds(union, listOf(a)) && includesIds(union, listOf(b)));
  t.deepEqual(uniteIds(listOf(b), listOf(a)), union);
});

testProp('ids: a list includes another when a union adds nothing', [writes, writes], (t, a, b) => {
  const own = listOf(a);
  const isSame = Buffer.compare(uniteIds(own, listOf(b)), own) === 0;
  t.is(includesIds(own, listOf(b)), isSame);
});

testProp('ids: a filter keeps what it is told to', [writes, stamps], (t, all, least) => {
  const list = listOf(all);
  const kept = filterIds(list, entry => stampAt(list, entry) >= least);
  t.deepEqual(
    idsOf(kept),
    modelOf(all).filter(({hlc}) => hlc >= least),
  );
  t.is(
    filterIds(list, () => true),
    list,
  );
});

testProp(
  'ids: bytes with a change are refused, or a list that says what it is',
  [writes, fc.nat(), fc.nat({max: 255})],
  (t, all, at, byte) => {
    const bytes = Uint8Array.from(listOf([...all, {id: 'p', hlc: 1}]));
    bytes[at % bytes.length] = byte;
    if (isIdList(bytes)) {
      t.deepEqual(listOf(idsOf(bytes)), bytes);
    } else {
      t.pass();
    }
  },
  {numRuns: 3000},
);

const p = includeId(EMPTY_LIST, {id: 'p', hlc: 1});
const q = includeId(EMPTY_LIST, {id: 'q', hlc: 1});
const changed = (at: number, byte: number) => {
  const bytes = Uint8Array.from(p);
  bytes[at] = byte;
  return bytes;
};

const malformed: Record<string, Uint8Array> = {
  'one that is cut off': p.subarray(1),
  'one out of order': Buffer.concat([q, p]),
  'one with an id twice': Buffer.concat([p, p]),
  'one with the empty id': changed(0, 0),
  'one with a character after a zero': changed(2, 0x70),
  'one with an id that is not ASCII': changed(1, 0x80),
  'one with a stamp that is no safe integer': changed(12, 0x20),
};

for (const [what, bytes] of Object.entries(malformed)) {
  test(`ids: ${what} is refused`, t => {
    t.false(isIdList(bytes));
  });
}

test('ids: what cannot be read back is not kept', t => {
  for (const id of ['p'.repeat(13), 'h\u00e9', 'a\0b']) {
    t.throws(() => includeId(EMPTY_LIST, {id, hlc: 1}), {instanceOf: RangeError});
  }
});
