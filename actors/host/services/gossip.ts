/** The gossip of a host: whom it exchanges news with, and what it says of this host's load. */
import {BYTES_PER_TURN} from '../../../src/liveness/eviction.js';
import {ITEM} from '../../../src/wire/host-items.js';
import {Gossip} from '../../gossip/gossip.effects.js';
import type {MadeActor} from '../host.messages.js';
import type {Parts, Service} from './service.js';

export class GossipService implements Service {
  readonly children = ['gossip'];
  readonly gossip: Gossip;

  constructor({shared, neighbours, workload}: Parts) {
    const {config} = shared;
    this.gossip = new Gossip({
      ...shared,
      self: config.id,
      peers: neighbours.peers,
      options: config.gossip,
      isLinked: peer => neighbours.isLinked(peer),
      send: (peer, item) => neighbours.send(peer, item),
      load: () => workload.report(),
      evict: peer => neighbours.fill(peer, BYTES_PER_TURN),
    });
    neighbours.takers.set(ITEM.gossip, this.gossip.take);
  }

  make(): MadeActor {
    return {logic: this.gossip.machine, input: this.gossip.input};
  }

  status() {
    return {liveness: this.gossip.report()};
  }
}
