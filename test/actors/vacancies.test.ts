import test from 'ava';
import {GONE_AFTER_MS, Vacancies} from '../../actors/host/vacancies.js';
import {Liveness} from '../../src/liveness.js';
import {SimClock} from '../../src/sim/clock.js';

class Connection {
  connected = true;
  #tell: (connected: boolean) => void = () => {};

  onConnected(listener: (connected: boolean) => void): void {
    this.#tell = listener;
  }

  set(connected: boolean): void {
    this.connected = connected;
    this.#tell(connected);
  }
}

/** h4 looks at the owners h1, h2, h3, and at h5, which stands in before it. */
function setUp() {
  const clock = new SimClock();
  const liveness = new Liveness();
  const transport = new Connection();
  const linked = new Set<string>();
  const peers = ['h1', 'h2', 'h3', 'h5'];
  let changes = 0;
  const vacancies = new Vacancies({
    self: 'h4',
    clock,
    liveness,
    transport,
    peers,
    isLinked: peer => linked.has(peer),
    changed: () => {
      changes += 1;
    },
  });
  return {
    clock,
    liveness,
    transport,
    linked,
    vacancies,
    changes: () => changes,
    wait: (forMs: number) => clock.run(clock.nowMs() + forMs),
    lose: (...hosts: string[]) => hosts.forEach(host => liveness.set(host, 'down')),
    isNext: () => vacancies.isNext(['h1', 'h2', 'h3'], () => ['h5', 'h4']),
  };
}

test('gone: a host that is down for a while, and not one that is down for a moment', t => {
  const {lose, wait, vacancies, liveness, changes} = setUp();
  lose('h1');
  wait(GONE_AFTER_MS - 1);
  t.false(vacancies.areGone(['h1']));
  liveness.set('h1', 'up');
  wait(10);
  lose('h1');
  wait(GONE_AFTER_MS - 1);
  t.false(vacancies.areGone(['h1']));
  t.is(changes(), 0);
  wait(1);
  t.true(vacancies.areGone(['h1']));
  t.is(changes(), 1);
});

test('gone: a suspect only while it is not linked; what is merely silent for us is not', t => {
  const {linked, liveness, wait, vacancies} = setUp();
  linked.add('h1');
  liveness.set('h1', 'suspect');
  vacancies.look('h2');
  wait(2 * GONE_AFTER_MS);
  t.false(vacancies.areGone(['h1']));
  t.false(vacancies.areGone(['h2']));
  linked.delete('h1');
  vacancies.look('h1');
  wait(GONE_AFTER_MS);
  t.true(vacancies.areGone(['h1']));
});

test('gone: one owner that is there is enough for the others', t => {
  const {lose, wait, vacancies, liveness, changes} = setUp();
  lose('h1', 'h2', 'h3');
  wait(GONE_AFTER_MS);
  t.true(vacancies.areGone(['h1', 'h2', 'h3']));
  const before = changes();
  liveness.set('h2', 'up');
  t.false(vacancies.areGone(['h1', 'h2', 'h3']));
  t.is(changes(), before + 1);
});

test('gone: nobody, for a host that has lost its broker, until it was back for a while', t => {
  const {lose, wait, vacancies, transport} = setUp();
  lose('h1');
  wait(GONE_AFTER_MS);
  transport.set(false);
  t.false(vacancies.areGone(['h1']));
  wait(5 * GONE_AFTER_MS);
  t.false(vacancies.areGone(['h1']));
  transport.set(true);
  wait(GONE_AFTER_MS - 1);
  t.false(vacancies.areGone(['h1']));
  wait(1);
  t.true(vacancies.areGone(['h1']));
});

test('next: the first stand-in that is not gone itself takes the requests', t => {
  const {lose, wait, isNext, liveness} = setUp();
  lose('h1', 'h2', 'h3');
  wait(GONE_AFTER_MS);
  t.false(isNext());
  lose('h5');
  wait(GONE_AFTER_MS);
  t.true(isNext());
  liveness.set('h3', 'up');
  t.false(isNext());
});
