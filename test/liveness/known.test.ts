import {fc, testProp} from '@fast-check/ava';
import test from 'ava';
import {DEFAULT_HOST_CONFIG} from '../../src/config.js';
import {type News, NO_LOAD, SAID, type Said} from '../../src/liveness/digest.js';
import {Known} from '../../src/liveness/known.js';
import {Rounds} from '../../src/liveness/rounds.js';
import {Watch} from '../../src/liveness/watch.js';
import {Liveness} from '../../src/liveness.js';

const options = DEFAULT_HOST_CONFIG.gossip;
const news = (life: number, counter: number, said: Said = SAID.alive, host = 'h2'): News => ({
  host,
  life,
  counter,
  said,
  forMs: 0,
  load: NO_LOAD,
});
const told = fc.record({
  teller: fc.constantFrom('h2', 'h3', 'h4'),
  life: fc.integer({min: 1, max: 3}),
  counter: fc.integer({min: 0, max: 20}),
  said: fc.constantFrom<Said>(0, 1, 2),
});

testProp(
  'known: life and counter only grow, whoever says what',
  [fc.array(told, {minLength: 1})],
  (t, all) => {
    const known = new Known('h2', options, 1_000, 0);
    let before: readonly [life: number, counter: number] = [0, 0];
    for (const [at, {teller, life, counter, said}] of all.entries()) {
      known.hear(teller, news(life, counter, said), at * 100);
      const isOlder =
        known.life < before[0] || (known.life === before[0] && known.counter < before[1]);
      t.false(isOlder);
      before = [known.life, known.counter];
    }
  },
);

test('known: a heartbeat that a third host brings is a sign of life, unless it doubts it', t => {
  const known = new Known('h2', options, 1_000, 0);
  known.hear('h3', news(1, 5), 1_000);
  t.deepEqual([known.grownMs, known.via], [1_000, 'h3']);
  known.hear('h3', news(1, 6, SAID.silent), 2_000);
  t.is(known.grownMs, 1_000);
  known.hear('h4', news(1, 6), 3_000);
  t.is(known.grownMs, 1_000);
  known.hear('h2', news(1, 7), 4_000);
  t.deepEqual([known.grownMs, known.via], [4_000, '']);
});

test('known: a new life starts with a history of its own', t => {
  const known = new Known('h2', options, 1_000, 0);
  for (let beat = 1; beat < 70; beat += 1) {
    known.hear('h2', news(1, beat), beat * 3_000);
  }

  const nowMs = 70 * 3_000;
  known.hear('h2', news(1, 70), nowMs);
  const before = known.phi(nowMs + 3_000);
  known.hear('h2', news(2, 0), nowMs);
  t.true(known.phi(nowMs + 3_000) > before + 8);
});

test('known: heartbeats that were under way do not outweigh what speaks against a host', t => {
  const known = new Known('h2', options, 1_000, 0);
  known.hear('h2', news(1, 1), 0);
  known.struck('unheard', 100);
  known.hear('h3', news(1, 2), 200);
  t.not(known.strike, null);
  known.hear('h3', news(1, 5), 100 + options.confirmMs + 1);
  t.is(known.strike, null);
});

/** Host h1 among others, with what it sends. */
const watchOf = (...peers: string[]) => {
  const liveness = new Liveness();
  const watch = new Watch({
    self: 'h1',
    peers,
    options,
    nowMs: () => 0,
    life: 10,
    stateOf: host => liveness.stateOf(host),
    onState: (host, state) => liveness.set(host, state),
  });
  const sent: string[][] = [];
  const rounds = new Rounds(watch, {
    ...options,
    nowMs: () => 0,
    below: limit => sent.length % limit,
    send: (_, digest) => {
      sent.push(digest.news.map(({host}) => host));
      return true;
    },
  });
  return {watch, rounds, sent};
};

test('watch: who is no member is never admitted by what is said of him (T28)', t => {
  const {watch} = watchOf('h2', 'h3');
  watch.hear('h2', {asks: false, news: [news(1, 1), news(9, 9, SAID.alive, 'ghost')]});
  t.deepEqual([...watch.known.keys()], ['h2', 'h3']);
});

test('watch: a host that hears of another life of itself outlives it, and says so', t => {
  const {watch} = watchOf('h2');
  const answers = (life: number, counter: number, said: Said = SAID.alive) =>
    watch.hear('h2', {asks: false, news: [news(1, 1), news(life, counter, said, 'h1')]}).answers;
  t.false(answers(10, 0));
  t.true(answers(10, 0, SAID.silent));
  t.is(watch.life, 10);
  t.true(answers(12, 3));
  t.is(watch.life, 13);
  t.true(answers(13, 1));
  t.is(watch.life, 14);
});

test('rounds: all are told of all within enough digests, however many there are', t => {
  const peers = Array.from({length: 1_000}, (_, index) => `p${index}`);
  const {watch, rounds, sent} = watchOf(...peers);
  for (const peer of peers) {
    watch.hear(peer, {asks: false, news: [news(1, 1, SAID.alive, peer)]});
    watch.linked(peer, true);
  }

  for (let round = 0; round < 17; round += 1) {
    rounds.beat();
  }

  t.true(sent.every(hosts => hosts.length <= 64 && hosts[0] === 'h1'));
  t.is(sent.length, 17 * options.fanout);
  t.is(new Set(sent.flat()).size, 1_001);
});

test('rounds: with a few peers all of them are told each time', t => {
  const {watch, rounds, sent} = watchOf('h2', 'h3', 'h4');
  watch.linked('h2', true);
  watch.linked('h4', true);
  rounds.beat();
  t.is(sent.length, 2);
});

test('rounds: whoever is asked of somebody says what it knows of him', t => {
  const peers = Array.from({length: 200}, (_, index) => `p${index}`);
  const {watch, rounds, sent} = watchOf(...peers);
  peers.forEach(peer => watch.hear(peer, {asks: false, news: [news(1, 1, SAID.alive, peer)]}));
  const asked = news(1, 1, SAID.silent, 'p150');
  rounds.answer('p7', {asks: true, news: [news(1, 1, SAID.alive, 'p7'), asked]});
  t.deepEqual(sent[0]?.slice(0, 3), ['h1', 'p7', 'p150']);
});
