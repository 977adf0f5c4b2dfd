/**
 * Answerer: what this host tells other owners that compare a partition with it.
 *
 * Invariants:
 *   1. It answers only for a partition that is open here, at the epoch of the question.
 *   2. Every question is answered once; what cannot be read is refused, and changes nothing.
 *   3. Leaves are read at the pace of this host, whoever asks (T36).
 */
import {Code, reject, type Rejection} from '../../src/errors.js';
import type {Forest} from '../../src/merkle/forest.js';
import {OBJECT_HASH_VERSION} from '../../src/merkle/object-hash.js';
import {LEAVES_PER_BRANCH, type MerkleTree} from '../../src/merkle/tree.js';
import {StorageFailure} from '../../src/ports/storage.js';
import {keyOfName} from '../../src/repair/difference.js';
import {Sketch, type Element} from '../../src/repair/sketch.js';
import {ITEM, type AnswerPeer, type AskItem} from '../../src/wire/host-items.js';
import {
  decodeCopies,
  decodeLeavesAsked,
  decodeListAsked,
  decodePullAsked,
  decodeRootsAsked,
  decodeSketchesAsked,
  encodeListTold,
  encodePullTold,
  encodeRootsTold,
  packHashes,
  QUESTION,
  type SketchesAsked,
  type Standing,
} from '../../src/wire/repair-questions.js';
import type {Gate} from '../partition/gate.js';
import type {LeafReader} from './leaf-reader.js';
import type {Sender} from './sender.js';

export type AnswererPorts = {
  readonly gate: (partition: number) => Gate | undefined;
  readonly reader: LeafReader;
  readonly sender: Sender;
  readonly standing: (gate: Gate, peer: string) => Standing;
  /** The peer compares the partition with us. */
  readonly onCompared: (partition: number, peer: string) => void;
  /** It was found, or made, equal with us. */
  readonly onEqual: (partition: number, peer: string) => void;
};

/** One question that can be answered from an open vnode. */
type Asked = {
  readonly peer: string;
  readonly gate: Gate;
  readonly trees: Forest;
  readonly body: Uint8Array;
  readonly tell: (body: Uint8Array) => void;
  readonly refuse: (rejection: Rejection) => void;
};

const NOTHING = new Uint8Array(0);
const LISTED_A_PAGE = 2_048;

export class Answerer {
  constructor(private readonly ports: AnswererPorts) {}

  /** False for a question that is not repair's. */
  take(
    peer: string,
    [, no, partition, epoch, question, body]: AskItem,
    answer: AnswerPeer,
  ): boolean {
    const work = this.#workFor(question);
    if (work === null) {
      return false;
    }

    const gate = this.ports.gate(partition);
    const refuse = ({code, text}: Rejection) => answer([ITEM.told, no, code, text, NOTHING]);
    if (gate === undefined || gate.epoch !== epoch) {
      refuse(reject(Code.unavailable, `stale epoch: ${partition} is not at epoch ${epoch} here`));
    } else if (gate.trees === null) {
      refuse(reject(Code.unavailable, `partition ${partition} is not open on this host`));
    } else {
      const tell = (told: Uint8Array) => answer([ITEM.told, no, Code.ok, '', told]);
      work({peer, gate, trees: gate.trees, body, tell, refuse});
    }

    return true;
  }

  #workFor(question: number): ((asked: Asked) => void) | null {
    switch (question) {
      case QUESTION.roots:
        return asked => this.#roots(asked);
      case QUESTION.branches:
        return asked => this.#branches(asked);
      case QUESTION.leaves:
        return asked => this.#leaves(asked);
      case QUESTION.sketches:
        return asked => this.#sketches(asked);
      case QUESTION.list:
        return asked => this.#list(asked);
      case QUESTION.pull:
        return asked => this.#pull(asked);
      case QUESTION.equal:
        return asked => this.#equal(asked);
      default:
        return null;
    }
  }

  #roots({peer, gate, trees, body, tell, refuse}: Asked): void {
    const asked = decodeRootsAsked(body);
    if (asked === null) {
      refuse(MALFORMED);
    } else if (asked === 'version') {
      const text = `objects are hashed by version ${OBJECT_HASH_VERSION} here: nothing is compared`;
      refuse(reject(Code.badRequest, text));
    } else {
      this.ports.onCompared(gate.partition, peer);
      const roots = asked.map(copies => trees.tree(copies).root());
      tell(encodeRootsTold({...this.ports.standing(gate, peer), roots}));
    }
  }

  #branches({trees, body, tell, refuse}: Asked): void {
    const copies = decodeCopies(body);
    if (copies === null) {
      refuse(MALFORMED);
    } else {
      tell(packHashes(trees.tree(copies).branches()));
    }
  }

  #leaves({trees, body, tell, refuse}: Asked): void {
    const asked = decodeLeavesAsked(body);
    if (asked === null) {
      refuse(MALFORMED);
    } else {
      const tree = trees.tree(asked.copies);
      tell(packHashes(asked.branches.flatMap(branch => leavesOf(tree, branch))));
    }
  }

  #sketches(asked: Asked): void {
    const wanted = decodeSketchesAsked(asked.body);
    if (wanted === null) {
      asked.refuse(MALFORMED);
    } else {
      this.#sketchNext(asked, wanted, []);
    }
  }

  #sketchNext(asked: Asked, wanted: SketchesAsked, made: Uint8Array[]): void {
    const {copies, cells, leaves} = wanted;
    const leaf = leaves[made.length];
    if (leaf === undefined) {
      asked.tell(Buffer.concat(made));
      return;
    }

    const sketch = new Sketch(cells);
    this.ports.reader.read(
      {partition: asked.gate.partition, copies, leaf},
      '',
      ({nameHash, held}) => sketch.insert({name: nameHash, object: held.hash}),
      () => true,
      page => {
        if (page instanceof StorageFailure) {
          asked.refuse(unread(page));
        } else {
          made.push(sketch.encode());
          this.#sketchNext(asked, wanted, made);
        }
      },
    );
  }

  #list({gate, body, tell, refuse}: Asked): void {
    const asked = decodeListAsked(body);
    if (asked === null) {
      refuse(MALFORMED);
      return;
    }

    const elements: Element[] = [];
    this.ports.reader.read(
      {partition: gate.partition, ...asked},
      asked.after,
      ({nameHash, held}) => elements.push({name: nameHash, object: held.hash}),
      () => elements.length < LISTED_A_PAGE,
      page => {
        if (page instanceof StorageFailure) {
          refuse(unread(page));
        } else {
          tell(encodeListTold({elements, ...page}));
        }
      },
    );
  }

  #pull({peer, gate, body, tell, refuse}: Asked): void {
    const asked = decodePullAsked(body);
    if (asked === null) {
      refuse(MALFORMED);
      return;
    }

    const names = new Set(asked.names.map(keyOfName));
    const {copies, leaf, after} = asked;
    const parcel = {
      peer,
      epoch: gate.epoch,
      leaf: {partition: gate.partition, copies, leaf},
      after,
      isWanted: (name: Element['name']) => names.size === 0 || names.has(keyOfName(name)),
    };
    this.ports.sender.sendPage(parcel, page => {
      if (page instanceof StorageFailure) {
        refuse(unread(page));
      } else {
        tell(encodePullTold(page));
      }
    });
  }

  #equal({peer, gate, tell}: Asked): void {
    this.ports.onEqual(gate.partition, peer);
    tell(NOTHING);
  }
}

const MALFORMED = reject(Code.badRequest, 'the question cannot be read');

function unread(failure: StorageFailure): Rejection {
  return reject(Code.unavailable, `the leaf cannot be read here: ${failure.message}`);
}

function leavesOf(tree: MerkleTree, branch: number) {
  return Array.from({length: LEAVES_PER_BRANCH}, (_, at) =>
    tree.leafHash(branch * LEAVES_PER_BRANCH + at),
  );
}
