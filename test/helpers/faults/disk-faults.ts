/** Disks that lose their power, fill up or fail. */
import type {Bed} from '../bed.js';
import type {PowerCutDisk} from '../power-cut-disk.js';
import {type Fault, startMissing} from './fault.js';

export const powerCut: Fault = {
  name: 'the power of a host is cut',
  victim: 'host',
  needs: ['disk'],
  fails: true,
  begin: async (bed, host) => {
    diskOf(bed, host).cut();
    await bed.cluster.host(host).kill();
    return () => remount(bed, [host]);
  },
};

export const powerCuts: Fault = {
  name: 'the power of all hosts is cut at once',
  victim: 'every host',
  needs: ['disk'],
  fails: true,
  begin: async bed => {
    const {ids} = bed.cluster;
    ids.forEach(id => diskOf(bed, id).cut());
    await bed.cluster.killAll();
    return () => remount(bed, ids);
  },
};

export const diskErrors: Fault = {
  name: 'every access to a disk fails',
  victim: 'host',
  needs: ['disk'],
  fails: false,
  begin: async (bed, host) => {
    diskOf(bed, host).cut();
    return () => remount(bed, [host]);
  },
};

export const readOnlyDisk: Fault = {
  name: 'a disk turns read-only',
  victim: 'host',
  needs: ['disk'],
  fails: false,
  begin: async (bed, host) => {
    diskOf(bed, host).turnReadOnly();
    return () => remount(bed, [host]);
  },
};

export const fullDisk: Fault = {
  name: 'a disk is full',
  victim: 'host',
  needs: ['disk'],
  fails: false,
  begin: async (bed, host) => {
    const disk = diskOf(bed, host);
    disk.fill();
    return async () => {
      disk.makeRoom();
      await startMissing(bed, [host]);
    };
  },
};

/** A file system that failed is mounted anew, for which whoever used it has to end. */
async function remount(bed: Bed, hosts: readonly string[]): Promise<void> {
  for (const host of hosts) {
    await bed.cluster.host(host).kill();
    await diskOf(bed, host).restore();
  }

  await startMissing(bed, hosts);
}

function diskOf({equipment}: Bed, host: string): PowerCutDisk {
  const disk = equipment.disks.get(host);
  if (disk === undefined) {
    throw new TypeError(`${host} has no disk of its own`);
  }

  return disk;
}
