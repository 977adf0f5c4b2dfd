import test from 'ava';
import {Cover} from '../../actors/coordinator/cover.js';

const any = () => true;

test('cover: a host serves in place of one owner at most', t => {
  const cover = new Cover(['h4', 'h5']);
  t.is(cover.assign('h1', any), 'h4');
  t.is(cover.assign('h2', any), 'h5');
  t.is(cover.assign('h3', any), null);
  t.deepEqual([cover.ownerOf('h4'), cover.ownerOf('h5'), cover.ownerOf('h6')], ['h1', 'h2', null]);
});

test('cover: one that is not fit now may be later', t => {
  const cover = new Cover(['h4', 'h5']);
  t.is(
    cover.assign('h1', host => host !== 'h4'),
    'h5',
  );
  t.is(cover.assign('h2', any), 'h4');
});

test('cover: a slot is vacant once its owner and all it was given have failed', t => {
  const cover = new Cover(['h4', 'h5']);
  cover.assign('h1', any);
  t.false(cover.isVacant('h1'));
  cover.fail('h1', false);
  t.false(cover.isVacant('h1'));
  t.is(cover.end('h4', true), 'h1');
  t.true(cover.isVacant('h1'));
  t.true(cover.isUnsure('h1'));
  t.is(cover.end('h4', false), null);
  t.is(cover.ownerOf('h4'), null);
});

test('cover: no more than two stand-ins are found for one slot', t => {
  const cover = new Cover(['h4', 'h5', 'h6']);
  cover.assign('h1', any);
  cover.assign('h1', any);
  t.is(cover.assign('h1', any), null);
  t.is(cover.assign('h2', any), 'h6');
});
