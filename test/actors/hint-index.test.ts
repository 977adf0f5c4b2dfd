import {fc, testProp} from '@fast-check/ava';
import test from 'ava';
import {
  HintIndex,
  resolveTargets,
  uniteLabels,
  type HintEntry,
} from '../../actors/hints/hint-index.js';

const place = {epoch: 3, owners: ['h1', 'h2', 'h3']};
const label = {epoch: 3, targets: ['h1'], keptAtMs: 10};

test('targets: those that were named, while they own the partition at the same epoch', t => {
  t.deepEqual(resolveTargets(label, place), ['h1']);
});

test('targets: all present owners once the partition has changed hands, so none is lost', t => {
  t.deepEqual(resolveTargets({...label, epoch: 2}, place), place.owners);
});

test('targets: a host that is no owner any more is replaced by the present owners', t => {
  t.deepEqual(resolveTargets({...label, targets: ['h1', 'gone']}, place), place.owners);
});

test('merged: two hints of a key are one, for the targets of both, as old as the older', t => {
  const later = {epoch: 4, targets: ['h2', 'h1'], keptAtMs: 20};
  const united = {epoch: 3, targets: ['h1', 'h2'], keptAtMs: 10};
  t.deepEqual(uniteLabels(label, later), united);
  t.is(uniteLabels(undefined, later), later);
});

const indexOf = (bytesMax = 1e6) => new HintIndex(bytesMax, () => place);
const change = (name: string, targets = ['h1'], objectBytes = 100) => ({
  partition: 1,
  name,
  label: {...label, targets},
  objectBytes,
});
const named = (entries: Iterable<HintEntry>) => [...entries].map(({name}) => name);

test('lacking: a changed hint is lacked again by who had taken it before', t => {
  const index = indexOf();
  const entry = index.set(change('k', ['h1', 'h2']), 1);
  t.false(index.acknowledge('h1', entry));
  t.deepEqual(named(index.lacking('h1').keys()), []);
  index.set(change('k', ['h1', 'h2']), 2);
  t.deepEqual(named(index.lacking('h1').keys()), ['k']);
  t.false(index.acknowledge('h2', entry));
  t.true(index.acknowledge('h1', entry));
});

test('lacking: an acknowledgement that comes twice counts once', t => {
  const index = indexOf();
  const entry = index.set(change('k', ['h1', 'h2']), 1);
  t.false(index.acknowledge('h1', entry));
  t.false(index.acknowledge('h1', entry));
});

test('lacking: is told the oldest first, a hint that changed as old as what it still lacks', t => {
  const index = indexOf();
  const first = index.set(change('a', ['h1', 'h2']), 1);
  index.set(change('b'), 2);
  index.acknowledge('h1', first);
  index.set(change('a', ['h1', 'h2']), 3);
  t.deepEqual(named(index.lacking('h1').keys()), ['b', 'a']);
  t.deepEqual([index.oldestMs('h1'), index.oldestMs('h2')], [2, 1]);
});

test('bound: each hint is charged more than its object, so that many small ones end too', t => {
  const index = indexOf(10_000);
  let kept = 0;
  while (index.fits(1, `k${kept}`, 0)) {
    index.set(change(`k${kept}`, ['h1'], 0), 1);
    kept += 1;
  }

  t.true(kept > 0 && kept < 20);
  t.true(index.bytes <= 10_000);
});

test('bound: a hint that grows is charged only what it grows by', t => {
  const index = indexOf(2_000);
  index.set(change('k', ['h1'], 1_000), 1);
  t.true(index.fits(1, 'k', 1_400));
  t.false(index.fits(1, 'k', 2_000));
  t.false(index.fits(1, 'l', 1_000));
});

testProp(
  'count and bytes: are those of what is there, whatever came and went',
  [fc.array(fc.tuple(fc.nat({max: 5}), fc.nat({max: 1_000}), fc.boolean()), {maxLength: 100})],
  (t, steps) => {
    const index = indexOf();
    const model = new Map<string, number>();
    for (const [no, objectBytes, removes] of steps) {
      const name = `k${no}`;
      const entry = index.find(1, name);
      if (removes && entry !== undefined) {
        index.remove(entry);
        model.delete(name);
      } else if (!removes) {
        index.set(change(name, ['h1', 'h2'], objectBytes), 1);
        model.set(name, objectBytes);
      }
    }

    t.is(index.count, model.size);
    const objects = [...model.values()].reduce((sum, bytes) => sum + bytes, 0);
    t.is(index.bytes, objects + model.size * (512 + 6));
    t.deepEqual(new Set(named(index.lacking('h2').keys())), new Set(model.keys()));
  },
);
