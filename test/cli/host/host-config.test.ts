/** What a host's command line makes of its configuration, and what it refuses. */
import test from 'ava';
import {hostConfigOf, type HostOptions} from '../../../src/cli/host/host-config.js';
import {ExitCode} from '../../../src/cli/exit-codes.js';
import {DEFAULT_HOST_CONFIG} from '../../../src/config.js';

const usual: HostOptions = {id: 'h1', data: 'data', server: 'nats://a', durability: 'fsync'};

test('host: what is not asked for is as the defaults have it', t => {
  const {gossip, repair, hints, store} = hostConfigOf(usual);
  t.deepEqual(gossip, DEFAULT_HOST_CONFIG.gossip);
  t.deepEqual(repair, DEFAULT_HOST_CONFIG.repair);
  t.deepEqual(hints, DEFAULT_HOST_CONFIG.hints);
  t.is(store.keepsLeaves, undefined);
});

test('host: memory and disk are given in MiB', t => {
  const {hints, store} = hostConfigOf({...usual, hintsMb: '3', cacheMb: '7'});
  t.is(hints.bytesMax, 3 * 1024 * 1024);
  t.is(store.cacheBytes, 7 * 1024 * 1024);
});

for (const [what, wrong] of Object.entries({
  'a durability that is none': {durability: 'maybe'},
  'no number of MiB': {cacheMb: '0'},
  'hours that are none': {repairWindow: '25:00-26:00'},
  'no healing outside of measurements': {withoutHealing: true as const},
})) {
  test(`host: ${what} is a usage error`, t => {
    const error = t.throws(() => hostConfigOf({...usual, ...wrong}));
    t.is((error as {exitCode?: number} | undefined)?.exitCode, ExitCode.usage);
  });
}

test('host: a topology that cannot be read is an error of the configuration', t => {
  const error = t.throws(() => hostConfigOf({...usual, topology: '/nowhere/cluster.json'}));
  t.is((error as {exitCode?: number} | undefined)?.exitCode, ExitCode.configuration);
});
