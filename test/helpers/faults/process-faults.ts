/** Hosts and brokers that die, stand still or are stopped. */
import {type Fault, startMissing} from './fault.js';

export const frozenHost: Fault = {
  name: 'a host stands still',
  victim: 'host',
  needs: [],
  fails: true,
  begin: async ({cluster}, host) => {
    cluster.host(host).signal('SIGSTOP');
    return async () => cluster.host(host).signal('SIGCONT');
  },
};

export const killedHost: Fault = {
  name: 'a host is killed',
  victim: 'host',
  needs: [],
  fails: true,
  begin: async (bed, host) => {
    await bed.cluster.host(host).kill();
    return () => startMissing(bed, [host]);
  },
};

export const killedHosts: Fault = {
  name: 'all hosts are killed at once',
  victim: 'every host',
  needs: [],
  fails: true,
  begin: async bed => {
    await bed.cluster.killAll();
    return () => startMissing(bed, bed.cluster.ids);
  },
};

export const stoppedHost: Fault = {
  name: 'a host is stopped in order',
  victim: 'host',
  needs: [],
  fails: false,
  begin: async (bed, host) => {
    await bed.cluster.host(host).stop();
    return () => startMissing(bed, [host]);
  },
};

export const killedBroker: Fault = {
  name: 'the broker is killed',
  victim: 'broker',
  needs: [],
  fails: true,
  begin: async ({cluster}) => {
    await cluster.stopBroker();
    return () => cluster.restartBroker();
  },
};

export const frozenBroker: Fault = {
  name: 'the broker stands still',
  victim: 'broker',
  needs: [],
  fails: true,
  begin: async ({cluster}) => {
    cluster.broker.signal('SIGSTOP');
    return async () => cluster.broker.signal('SIGCONT');
  },
};
