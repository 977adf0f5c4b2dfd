/**
 * Which of two topology documents a host goes by: the one it has stored or the one it was started
 * with.
 */
import type {Topology} from './document.js';

/** A host can go by no topology that it knows; the message says why and what to do. */
export class TopologyRefused extends Error {
  override readonly name = 'TopologyRefused';
}

/** A string is the reason why it can go by neither. */
export function chooseTopology(stored: Topology | null, given: Topology | null): Topology | string {
  if (stored === null || given === null) {
    return (
      stored ??
      given ??
      'this host has no topology stored, because it is new or its store was damaged: ' +
        'give it the cluster.json of its cluster (--topology)'
    );
  }

  if (stored.cluster.id !== given.cluster.id) {
    const ids = `${stored.cluster.id}, the given topology to ${given.cluster.id}`;
    const cure = 'use another data folder or the right topology';
    return `the stored data belongs to cluster ${ids}: ${cure}`;
  }

  return given.epoch > stored.epoch ? given : stored;
}
