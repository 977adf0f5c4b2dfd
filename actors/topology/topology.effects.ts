/** Binds the effects that topology.machine.ts names to the host's store. */
import type {ActorRefFrom} from 'xstate';
import {StorageFailure, type Storage} from '../../src/ports/storage.js';
import type {GroupCommit} from '../../src/store/group-commit.js';
import {topologyKey} from '../../src/store/layout.js';
import {openRecord} from '../../src/store/record.js';
import {parseTopology, serializeTopology, type Topology} from '../../src/topology/document.js';
import {topologyMachine} from './topology.machine.js';

export type TopologyPorts = {
  readonly storage: Storage;
  readonly commits: GroupCommit;
  readonly onCurrent: (document: Topology) => void;
};

export function bindTopology({storage, commits, onCurrent}: TopologyPorts) {
  return topologyMachine.provide({
    actions: {
      read: args => {
        const self = args.self as ActorRefFrom<typeof topologyMachine>;
        storage.read([topologyKey()], ([answer]) => {
          try {
            self.send({type: 'topology.read', stored: readDocument(answer)});
          } catch (cause) {
            self.send({type: 'topology.failed', cause});
          }
        });
      },
      keep: (args, {document}) => {
        const self = args.self as ActorRefFrom<typeof topologyMachine>;
        const content = Buffer.from(document === null ? '' : serializeTopology(document));
        commits.addRecord(topologyKey(), content, failure => {
          self.send(
            failure === null ? {type: 'topology.kept'} : {type: 'topology.failed', cause: failure},
          );
        });
      },
      tellCurrent: (_, {document}) => {
        if (document !== null) {
          onCurrent(document);
        }
      },
    },
  });
}

/**
 * null when none is stored. Throws when one is and cannot be read: guessing an older one is never
 * safe.
 */
function readDocument(answer: Uint8Array | null | StorageFailure | undefined): Topology | null {
  if (answer === null || answer === undefined) {
    return null;
  }

  if (answer instanceof StorageFailure) {
    throw answer;
  }

  const content = openRecord(topologyKey(), answer);
  if (content === null) {
    throw new StorageFailure('CORRUPT', 'the stored topology does not match its checksum');
  }

  return parseTopology(Buffer.from(content).toString('utf8'));
}
