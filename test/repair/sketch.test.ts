import {fc, testProp} from '@fast-check/ava';
import test from 'ava';
import {cellsFor, Sketch, type Element} from '../../src/repair/sketch.js';
import {SimRandom} from '../../src/sim/random.js';

const random = new SimRandom(1);
const hash = () => ({hi: random.below(2 ** 32), lo: random.below(2 ** 32)});
const element = (): Element => ({name: hash(), object: hash()});
const elements = (count: number) => Array.from({length: count}, element);
const sketchOf = (cells: number, ...sets: ReadonlyArray<readonly Element[]>) => {
  const sketch = new Sketch(cells);
  sets.flat().forEach(one => sketch.insert(one));
  return sketch;
};
const textOf = (all: readonly Element[]) => all.map(one => JSON.stringify(one)).toSorted();

testProp(
  'sketch: a difference that it is sized for is read exactly, whatever both sides share',
  [fc.nat({max: 200}), fc.nat({max: 60}), fc.nat({max: 60})],
  (t, shared, left, right) => {
    const common = elements(shared);
    const [ours, theirs] = [elements(left), elements(right)];
    // Now and then a table does not decode; the next larger one then does.
    for (const factor of [1, 2, 4]) {
      const cells = factor * cellsFor(left + right);
      const found = sketchOf(cells, common, ours).difference(sketchOf(cells, theirs, common));
      if (found !== null) {
        t.deepEqual(textOf(found.ours), textOf(ours));
        t.deepEqual(textOf(found.theirs), textOf(theirs));
        return;
      }
    }

    t.fail('three sizes did not decode');
  },
);

test('sketch: one of the size for its difference decodes nearly always', t => {
  let failures = 0;
  for (let round = 0; round < 1_000; round += 1) {
    const count = 1 + random.below(30);
    const cells = cellsFor(count);
    failures += sketchOf(cells, elements(count)).difference(new Sketch(cells)) === null ? 1 : 0;
  }

  t.true(failures < 30, `${failures} of 1000 failed`);
});

test('sketch: differences that one size cannot tell are told by the next', t => {
  let again = 0;
  for (let round = 0; round < 20_000; round += 1) {
    const pair = elements(2);
    const tell = (cells: number) => sketchOf(cells, pair).difference(new Sketch(cells));
    again += tell(24) === null && tell(96) === null ? 1 : 0;
  }

  t.is(again, 0);
});

test('sketch: one that is far too small gives nothing, never something wrong', t => {
  for (let round = 0; round < 200; round += 1) {
    const found = sketchOf(24, elements(100)).difference(sketchOf(24, elements(100)));
    t.is(found, null);
  }
});

test('sketch: the same key with another object is an element of each side', t => {
  const name = hash();
  const [ours, theirs] = [
    {name, object: hash()},
    {name, object: hash()},
  ];
  const found = sketchOf(24, [ours]).difference(sketchOf(24, [theirs]));
  t.deepEqual(found, {ours: [ours], theirs: [theirs]});
});

test('sketch: it travels as bytes, and bytes of another size are refused', t => {
  const ours = elements(5);
  const cells = cellsFor(5);
  const bytes = sketchOf(cells, ours).encode();
  const back = Sketch.decode(bytes, cells);
  t.deepEqual(textOf(back?.difference(new Sketch(cells))?.ours ?? []), textOf(ours));
  t.is(Sketch.decode(bytes, cells + 3), null);
  t.is(Sketch.decode(bytes.subarray(1), cells), null);
});

testProp(
  'sketch: bytes that are no sketch at all do no harm',
  [fc.uint8Array({minLength: 24 * 24, maxLength: 24 * 24})],
  (t, bytes) => {
    const found = Sketch.decode(bytes, 24)?.difference(sketchOf(24, elements(3)));
    t.true(found === null || (found?.ours.length ?? 0) + (found?.theirs.length ?? 0) <= 24);
  },
);
