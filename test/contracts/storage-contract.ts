/**
 * What every Storage promises, by the numbers of src/ports/storage.ts. An adapter's tests hand in a
 * bed: a disk that storages come and go on, and what can happen to it.
 */
import test from 'ava';
import type {ExecutionContext} from 'ava';
import type {Storage, WriteOperation} from '../../src/ports/storage.js';
import {
  close,
  commit,
  condemn,
  del,
  failureCode,
  open,
  put,
  read,
  readSealed,
  salvage,
  salvagerOf,
  scan,
  sealed,
} from '../helpers/storage-calls.js';

export type Commit = {readonly operations: readonly WriteOperation[]; readonly sync: boolean};

export interface StorageBed {
  /** A new storage on the disk. */
  storage(): Storage;
  /** Waits for the work; where time is simulated, lets it pass. */
  settle<T>(work: Promise<T>): Promise<T>;
  /** A process opens the disk, makes the commits one after the other, each reported, and dies. */
  crashAfter(commits: readonly Commit[]): Promise<void>;
  /** The disk loses the end of what was synced. Nobody has it open. */
  loseSyncedTail(): Promise<void>;
  /** Every record on the disk is damaged. Nobody has it open. */
  damage(): Promise<void>;
  /** Some records on the disk are damaged, but not all. Nobody has it open. */
  damageSome(): Promise<void>;
  /** Another disk with the same contents. Nobody has this one open. */
  copy(): Promise<StorageBed>;
}

/** Opens, runs the body and closes. */
const using = async <T>(bed: StorageBed, body: (storage: Storage) => Promise<T>): Promise<T> => {
  const storage = bed.storage();
  await bed.settle(open(storage));
  try {
    return await bed.settle(body(storage));
  } finally {
    await bed.settle(close(storage));
  }
};

export function storageContract(
  name: string,
  makeBed: (t: ExecutionContext) => Promise<StorageBed>,
): void {
  const onBed = (title: string, body: (t: ExecutionContext, bed: StorageBed) => Promise<void>) => {
    test(`${name}: ${title}`, async t => body(t, await makeBed(t)));
  };

  onBed(
    '(1, 2) a crash leaves whole commits, the first ones, and all synced ones',
    async (t, bed) => {
      const commits = Array.from({length: 40}, (_, at) => ({
        operations: [put('last', String(at)), put(`a${at}`, 'x'), put(`b${at}`, 'x')],
        sync: at === 20,
      }));
      await bed.crashAfter(commits);

      await using(bed, async storage => {
        const last = Number((await read(storage, ['last']))[0]);
        t.true(last >= 20);
        const there = commits.slice(0, last + 1).length;
        t.is((await scan(storage, 'a', 'b')).length, there);
        t.is((await scan(storage, 'b', 'c')).length, there);
        t.deepEqual(await read(storage, [`a${last}`, `b${last}`]), ['x', 'x']);
      });
    },
  );

  onBed('(2) of several operations on one key the last one counts', async (t, bed) => {
    await using(bed, async storage => {
      await commit(storage, [
        put('k', '1'),
        del('k'),
        put('k', '2'),
        put('gone', '1'),
        del('gone'),
      ]);
      t.deepEqual(await read(storage, ['k', 'gone']), ['2', null]);
    });
  });

  onBed('(3) a synced commit survives a crash', async (t, bed) => {
    await bed.crashAfter([{operations: [put('k', 'kept')], sync: true}]);
    t.deepEqual(await using(bed, storage => read(storage, ['k'])), ['kept']);
  });

  onBed('(4) read and scan see what was reported before', async (t, bed) => {
    await using(bed, async storage => {
      await commit(storage, [put('b', '2'), put('a', '1'), put('c', '3')], {sync: false});
      t.deepEqual(await read(storage, ['c', 'none', 'a']), ['3', null, '1']);
      t.deepEqual(await read(storage, []), []);
      await commit(storage, [del('a'), put('b', '')], {sync: true});
      t.deepEqual(await read(storage, ['a', 'b']), [null, '']);
      t.deepEqual(await scan(storage, 'a', 'z'), ['b=', 'c=3']);
    });
  });

  onBed('scan goes from the lower bound up to, not including, the upper one', async (t, bed) => {
    await using(bed, async storage => {
      const keys = Array.from({length: 300}, (_, at) => `k${String(at).padStart(3, '0')}`);
      await commit(
        storage,
        keys.toReversed().map(key => put(key, 'x')),
      );
      t.deepEqual(await scan(storage, 'k010', 'k012'), ['k010=x', 'k011=x']);
      t.is((await scan(storage, 'k', 'l')).length, 300);
      t.deepEqual(
        await scan(storage, 'k', 'l', 128),
        keys.slice(0, 128).map(key => `${key}=x`),
      );
      t.deepEqual(await scan(storage, '', 'k001'), ['k000=x']);
      t.deepEqual(await scan(storage, 'k', ''), []);
      t.deepEqual(await scan(storage, 'l', 'k'), []);
      t.deepEqual(await scan(storage, 'k', 'l', 0), []);
    });
  });

  onBed('keys order bytewise, not by character', async (t, bed) => {
    await using(bed, async storage => {
      const bytes = [[1], [1, 0], [1, 255], [127], [128], [255], [255, 0]];
      await commit(
        storage,
        bytes.toReversed().map(key => ({key: Uint8Array.from(key), value: Buffer.from('x')})),
      );
      const found = await new Promise<number[][]>(resolve => {
        const range = {from: Uint8Array.of(), to: Uint8Array.of(255, 255), limit: 100};
        storage.scan(range, (_, entries) => resolve(entries.map(({key}) => [...key])));
      });
      t.deepEqual(found, bytes);
    });
  });

  onBed('(5) missing synced commits make the store suspect, again and again', async (t, bed) => {
    await bed.crashAfter(
      Array.from({length: 20}, (_, at) => ({operations: [put(`k${at}`, 'x')], sync: true})),
    );
    await bed.loseSyncedTail();

    for (let round = 0; round < 2; round++) {
      const storage = bed.storage();
      const report = await bed.settle(open(storage));
      t.truthy(report.suspect);
      t.false(report.clean);
      t.is(await bed.settle(failureCode(commit(storage, [put('k', 'x')]))), 'CORRUPT');
      t.true((await bed.settle(scan(storage, 'k', 'l'))).length < 20);
      t.is(await bed.settle(failureCode(close(storage))), 'CORRUPT');
    }
  });

  onBed('(5, 6) a fresh store is clean, fresh once, and not suspect', async (t, bed) => {
    const first = bed.storage();
    const report = await bed.settle(open(first));
    t.deepEqual(report, {fresh: true, clean: true, suspect: null, salvaged: null});
    await bed.settle(close(first));

    const second = bed.storage();
    t.deepEqual(await bed.settle(open(second)), {
      fresh: false,
      clean: true,
      suspect: null,
      salvaged: null,
    });
    await bed.settle(close(second));
  });

  onBed('(6) a store whose user crashed is not clean', async (t, bed) => {
    await using(bed, storage => commit(storage, [put('k', 'x')]));
    await bed.crashAfter([]);
    const storage = bed.storage();
    t.deepEqual(await bed.settle(open(storage)), {
      fresh: false,
      clean: false,
      suspect: null,
      salvaged: null,
    });
    await bed.settle(close(storage));
  });

  onBed('(6) a copy of a clean store is not clean, and the store itself is', async (t, bed) => {
    await using(bed, storage => commit(storage, [put('k', 'x')]));
    const copy = await bed.copy();
    const [original, copied] = [bed.storage(), copy.storage()];
    t.deepEqual(await bed.settle(open(original)), {
      fresh: false,
      clean: true,
      suspect: null,
      salvaged: null,
    });
    t.deepEqual(await copy.settle(open(copied)), {
      fresh: false,
      clean: false,
      suspect: null,
      salvaged: null,
    });
    t.deepEqual(await copy.settle(read(copied, ['k'])), ['x']);
    await bed.settle(close(original));
    await copy.settle(close(copied));
  });

  onBed('(7) a damaged record is an error, never an absence', async (t, bed) => {
    const keys = Array.from({length: 50}, (_, at) => `k${at}`);
    await using(bed, storage =>
      commit(
        storage,
        keys.map(key => put(key, 'value'.repeat(200))),
      ),
    );
    await using(bed, async () => {});
    await bed.damage();

    const storage = bed.storage();
    const openCode = await bed.settle(failureCode(open(storage)));
    if (openCode === 'no failure') {
      const answers = await bed.settle(read(storage, keys));
      t.false(answers.includes(null));
      t.true(answers.includes('CORRUPT'));
      t.is(await bed.settle(failureCode(scan(storage, 'k', 'l'))), 'CORRUPT');
    } else {
      t.is(openCode, 'CORRUPT');
    }
    await bed.settle(failureCode(close(storage)));
  });

  const keys = Array.from({length: 400}, (_, at) => `k${String(at).padStart(3, '0')}`);
  const contentOf = (key: string) => `${key} `.repeat(50);
  const fill = (storage: Storage) =>
    commit(
      storage,
      keys.map(key => sealed(key, contentOf(key))),
    );

  onBed('(8) a condemned store opens no more, and takes no commit', async (t, bed) => {
    const storage = bed.storage();
    await bed.settle(open(storage));
    await bed.settle(fill(storage));
    await bed.settle(condemn(storage, 'a bad page'));
    t.is(await bed.settle(failureCode(commit(storage, [put('k', 'x')]))), 'CORRUPT');
    await bed.settle(failureCode(close(storage)));

    for (let round = 0; round < 2; round++) {
      const again = bed.storage();
      const opened = open(again);
      t.is(await bed.settle(failureCode(opened)), 'CORRUPT');
      await t.throwsAsync(opened, {message: /a bad page/});
      await bed.settle(failureCode(close(again)));
    }
  });

  onBed('(9) a condemned store is salvaged, once, with all that is whole', async (t, bed) => {
    await using(bed, async storage => {
      await fill(storage);
      await commit(storage, [sealed('k000', 'newer'), del('k001')]);
      await condemn(storage, 'a bad page').catch(() => {});
    }).catch(() => {});
    const storage = bed.storage();
    t.is(await bed.settle(failureCode(open(storage))), 'CORRUPT');
    const {salvager, asked} = salvagerOf(['k002']);
    const report = await bed.settle(salvage(storage, 'asked for', salvager));
    t.deepEqual([report.fresh, report.clean, report.suspect], [false, false, null]);
    t.is(report.salvaged?.why, 'a bad page');
    t.is(report.salvaged?.records, keys.length - 2);
    t.is(report.salvaged?.damagedPlaces, 0);
    t.deepEqual(asked, [...keys.slice(0, 1), ...keys.slice(2)]);
    const kept = await bed.settle(
      readSealed(storage, ['k000', 'k001', 'k002', 'k003', 'finished']),
    );
    t.deepEqual(kept, ['newer', null, null, contentOf('k003'), 'yes']);
    await bed.settle(commit(storage, [sealed('after', 'x')]));
    await bed.settle(close(storage));

    const again = bed.storage();
    t.deepEqual(await bed.settle(open(again)), {
      fresh: false,
      clean: true,
      suspect: null,
      salvaged: null,
    });
    t.deepEqual(await bed.settle(readSealed(again, ['after', 'k000'])), ['x', 'newer']);
    await bed.settle(close(again));
  });

  onBed('(9) what is damaged is left out of a salvage, and all else is kept', async (t, bed) => {
    await using(bed, fill);
    await using(bed, async () => {});
    await bed.damageSome();
    const storage = bed.storage();
    await bed.settle(failureCode(open(storage)));
    const {salvaged} = await bed.settle(salvage(storage, 'a read met damage'));
    t.true((salvaged?.damagedPlaces ?? 0) > 0);
    t.true((salvaged?.records ?? 0) > keys.length - 100);
    const answers = await bed.settle(readSealed(storage, keys));
    t.is(answers.filter(answer => answer !== null).length, salvaged?.records ?? -1);
    for (const [at, answer] of answers.entries()) {
      t.true(answer === null || answer === contentOf(keys[at] ?? ''));
    }
    await bed.settle(close(storage));
  });

  onBed('(9) a suspect store keeps what it has, and is whole again', async (t, bed) => {
    await bed.crashAfter(
      Array.from({length: 20}, (_, at) => ({operations: [sealed(`k${at}`, 'x')], sync: true})),
    );
    await bed.loseSyncedTail();
    const storage = bed.storage();
    t.truthy((await bed.settle(open(storage))).suspect);
    const {salvaged} = await bed.settle(salvage(storage, 'commits are missing'));
    t.true((salvaged?.records ?? 0) > 0);
    await bed.settle(commit(storage, [put('k', 'x')]));
    await bed.settle(close(storage));
    await using(bed, async () => t.pass());
  });

  onBed('a second open of the same disk is LOCKED, and harms nothing', async (t, bed) => {
    await using(bed, async storage => {
      await commit(storage, [put('k', '1')]);
      const second = bed.storage();
      t.is(await failureCode(open(second)), 'LOCKED');
      await close(second);
      await commit(storage, [put('k', '2')]);
      t.deepEqual(await read(storage, ['k']), ['2']);
    });
  });

  onBed('before open and after close every call is CLOSED', async (t, bed) => {
    const storage = bed.storage();
    const allClosed = async () => {
      t.is(await bed.settle(failureCode(commit(storage, [put('k', 'x')]))), 'CLOSED');
      t.deepEqual(await bed.settle(read(storage, ['k', 'l'])), ['CLOSED', 'CLOSED']);
      t.is(await bed.settle(failureCode(scan(storage, 'a', 'z'))), 'CLOSED');
    };
    await allClosed();
    await bed.settle(open(storage));
    await bed.settle(close(storage));
    await allClosed();
  });

  onBed('close waits for what is under way, and may be called again', async (t, bed) => {
    const storage = bed.storage();
    await bed.settle(open(storage));
    const ended: string[] = [];
    const note = (what: string) => () => ended.push(what);
    const work = Promise.all([
      commit(storage, [put('k', 'x')]).then(note('commit')),
      read(storage, ['k']).then(note('read')),
      scan(storage, 'k', 'l').then(note('scan')),
      close(storage).then(note('close')),
      close(storage).then(note('close')),
    ]);
    await bed.settle(work);
    t.deepEqual(ended.slice(-2), ['close', 'close']);
    await bed.settle(close(storage));

    const again = bed.storage();
    t.true((await bed.settle(open(again))).clean);
    t.deepEqual(await bed.settle(read(again, ['k'])), ['x']);
    await bed.settle(close(again));
  });

  onBed('close while opening waits for the open', async (t, bed) => {
    const storage = bed.storage();
    const [report] = await bed.settle(Promise.all([open(storage), close(storage)]));
    t.true(report.fresh);
    const again = bed.storage();
    t.true((await bed.settle(open(again))).clean);
    await bed.settle(close(again));
  });

  onBed('every call ends by its callback, once, and not before it has returned', async (t, bed) => {
    const storage = bed.storage();
    const calls: Array<(done: () => void) => void> = [
      done => storage.commit([], {sync: true}, done),
      done => storage.read([], done),
      done => storage.scan({from: Uint8Array.of(2), to: Uint8Array.of(1), limit: 1}, done),
      done => storage.open(done),
      done => storage.commit([], {sync: true}, done),
      done => storage.commit([put('k', 'x')], {sync: false}, done),
      done => storage.read([], done),
      done => storage.read([Buffer.from('k')], done),
      done => storage.scan({from: Uint8Array.of(2), to: Uint8Array.of(1), limit: 1}, done),
      done => storage.close(done),
      done => storage.close(done),
    ];
    for (const call of calls) {
      let ends = 0;
      const ended = new Promise<void>(resolve => {
        call(() => {
          ends++;
          resolve();
        });
        t.is(ends, 0);
      });
      await bed.settle(ended);
      await bed.settle(Promise.resolve());
      t.is(ends, 1);
    }
  });

  onBed('misuse throws: an adapter key, a second commit, a second open', async (t, bed) => {
    await using(bed, async storage => {
      t.throws(() => storage.commit([put('\0k', 'x')], {sync: true}, () => {}), {
        instanceOf: TypeError,
      });
      t.throws(() => storage.read([Uint8Array.of()], () => {}), {instanceOf: TypeError});
      t.throws(() => storage.open(() => {}), {instanceOf: TypeError});
      const first = commit(storage, [put('k', 'x')]);
      t.throws(() => storage.commit([put('k', 'y')], {sync: true}, () => {}), {
        instanceOf: TypeError,
      });
      await first;
      t.deepEqual(await read(storage, ['k']), ['x']);
    });
  });
}
