import test from 'ava';
import {isRejection, parseOptions, type RawOptions} from '../../src/edge/request-options.js';

const NOTHING: RawOptions = {r: '', w: '', context: '', timeoutMs: '', id: '', monotonic: ''};
const SCOPE = {clusterId: 'c', secret: new Uint8Array(32), name: 'b.k'};

const isMonotonic = (quorum: 'sloppy' | 'strict', said: Partial<RawOptions> = {}) => {
  const parsed = parseOptions({...NOTHING, ...said}, {n: 3, r: 2, w: 2, quorum}, SCOPE);
  return isRejection(parsed) ? parsed : parsed.isMonotonic;
};

test('monotonic: by default where a strict quorum makes reads and writes meet', t => {
  t.true(isMonotonic('strict'));
  t.true(isMonotonic('strict', {r: '1', w: '3'}));
  t.false(isMonotonic('strict', {r: '1'}));
  t.false(isMonotonic('sloppy'));
});

test('monotonic: as the request says, and anything but true or false is refused', t => {
  t.true(isMonotonic('sloppy', {monotonic: 'true'}));
  t.false(isMonotonic('strict', {monotonic: 'false'}));
  for (const monotonic of ['yes', 'TRUE', '1', ' ']) {
    t.like(isMonotonic('sloppy', {monotonic}), {
      code: 400,
      text: `Quorate-Monotonic cannot be '${monotonic}': use true or false`,
    });
  }
});
