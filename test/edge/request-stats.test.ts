import test from 'ava';
import {Counters} from '../../src/counters.js';
import {RequestStats} from '../../src/edge/request-stats.js';

test('request stats: tell requests, errors, the last error and the time, a verb', t => {
  const stats = new RequestStats(new Counters());
  for (const [code, text] of [
    [200, ''],
    [404, 'no such key'],
    [400, 'bad'],
    [503, 'away'],
  ] as const) {
    stats.begun('get');
    stats.ended('get', code, text, 2);
  }

  t.deepEqual(stats.of('get'), {requests: 4, errors: 2, lastError: '503: away', processingMs: 8});
  t.deepEqual(stats.of('put'), {requests: 0, errors: 0, lastError: '', processingMs: 0});
});
