/** The power of every disk is cut at once, under load: what was not synced is gone. */
import test from 'ava';
import {startProcesses} from '../helpers/host-processes.js';
import {noPowerCutReason, PowerCutDisk} from '../helpers/power-cut-disk.js';
import {Recorder} from '../helpers/recorder.js';
import {plainRoute} from '../helpers/routes.js';
import {settled} from '../helpers/settled.js';

const DISK_MEGABYTES = 128;
const ROUNDS = 2;

const reason = noPowerCutReason();
const title = 'power cut: of all disks at once, under load, nothing acknowledged is lost';

(reason === null ? test.serial : test.skip)(
  reason === null ? title : `${title} (skipped: ${reason})`,
  async t => {
    t.timeout(180_000);
    const disks = new Map(['h1', 'h2', 'h3'].map(id => [id, new PowerCutDisk(DISK_MEGABYTES)]));
    for (const disk of disks.values()) {
      t.teardown(() => disk.remove());
    }

    const cluster = await startProcesses(t, {dataOf: id => disks.get(id)?.folder});
    const connection = await cluster.connect();
    await settled(connection, cluster.ids);
    const load = new Recorder(t, plainRoute(connection));
    for (let round = 1; round <= ROUNDS; round += 1) {
      load.start();
      await load.progress(800);
      for (const disk of disks.values()) {
        disk.cut();
      }

      await cluster.killAll();
      for (const disk of disks.values()) {
        await disk.restore();
      }

      await Promise.all([load.stop(), cluster.startAll()]);
      t.deepEqual(load.contradictions, [], `under load in round ${round}`);
      await settled(connection, cluster.ids);
      t.deepEqual(await load.verify(connection, cluster.ids), [], `R=3 in round ${round}`);
    }
  },
);
