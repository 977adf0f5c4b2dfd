/** Hosts whose way to the broker is cut. */
import type {Bed} from '../bed.js';
import type {Network} from '../network.js';
import {cutPort, healPorts} from '../packet-filter.js';
import type {Fault} from './fault.js';

const cutFault = (name: string, cut: (network: Network, host: string) => void): Fault => ({
  name,
  victim: 'host',
  needs: ['network'],
  fails: true,
  begin: async (bed, host) => {
    const network = networkOf(bed);
    cut(network, host);
    return async () => network.heal(host);
  },
});

export const cutHost = cutFault('a host is cut off', (network, host) =>
  network.cut(host, 'broker'),
);

export const mutedHost = cutFault('a host hears, and is not heard', (network, host) =>
  network.cutOneWay(host, 'broker'),
);

export const deafHost = cutFault('a host is heard, and does not hear', (network, host) =>
  network.cutOneWay('broker', host),
);

export const cutPortOfHost: Fault = {
  name: "a packet filter drops the broker's port at a host",
  victim: 'host',
  needs: ['packet filter'],
  fails: true,
  begin: async (bed, host) => {
    const place = networkOf(bed).place(host);
    cutPort(place, bed.cluster.broker.port);
    return async () => healPorts(place);
  },
};

function networkOf({equipment}: Bed): Network {
  if (equipment.network === null) {
    throw new TypeError('the hosts have no network of their own');
  }

  return equipment.network;
}
