/** The disk of one host fills up under load, and is given room again. */
import {join} from 'node:path';
import test from 'ava';
import {startProcesses} from '../helpers/host-processes.js';
import {noPowerCutReason, PowerCutDisk} from '../helpers/power-cut-disk.js';
import {Recorder} from '../helpers/recorder.js';
import {hostRoute} from '../helpers/routes.js';
import {settled} from '../helpers/settled.js';

// To go on, the engine first writes what it holds in memory to a table, for which there has to be
// room.
const DISK_MEGABYTES = 160;
const PATIENCE_MS = 60_000;

const reason = noPowerCutReason();
const title = 'disk full: the host says so, the others serve, and it recovers when there is room';

(reason === null ? test.serial : test.skip)(
  reason === null ? title : `${title} (skipped: ${reason})`,
  async t => {
    t.timeout(120_000);
    const disk = new PowerCutDisk(DISK_MEGABYTES);
    t.teardown(() => disk.remove());
    const cluster = await startProcesses(t, {
      dataOf: id => (id === 'h1' ? join(disk.folder, 'data') : undefined),
    });
    const connection = await cluster.connect();
    await settled(connection, cluster.ids);
    const {pid} = cluster.host('h1');
    const full = new Recorder(t, hostRoute(connection, 'h1'), {
      bucket: 'full',
      inFlight: 16,
      valueBytes: 32_000,
    });
    const others = ['h2', 'h3'].map(
      id => new Recorder(t, hostRoute(connection, id), {bucket: id, inFlight: 16}),
    );
    const loads = [full, ...others];
    loads.forEach(load => load.start());
    await Promise.all(loads.map(load => load.progress(200)));

    disk.fill();
    const giveUp = AbortSignal.timeout(PATIENCE_MS);
    while (!full.failures.some(({text}) => text.includes('nothing was applied'))) {
      t.false(giveUp.aborted, 'the full disk was not noticed');
      await Promise.all(others.map(load => load.progress(100)));
    }

    const saysSo = () => cluster.host('h1').lines.some(line => /stalled.*No space left/.test(line));
    while (!saysSo()) {
      t.false(giveUp.aborted, 'the host never said that its disk is full');
      await Promise.all(others.map(load => load.progress(100)));
    }

    await Promise.all(others.map(load => load.progress(1_000)));
    disk.makeRoom();
    await full.progress(1);
    await settled(connection, cluster.ids);
    const mark = full.begun;
    await full.progress(500);
    await Promise.all(loads.map(load => load.stop()));

    t.is(cluster.host('h1').pid, pid, 'the process lived on');
    t.deepEqual(full.failuresSince(mark), []);
    t.deepEqual(
      others.flatMap(({failures}) => failures),
      [],
    );
    for (const load of loads) {
      t.deepEqual(load.contradictions, []);
      t.deepEqual(await load.verify(connection, cluster.ids), []);
    }
  },
);
