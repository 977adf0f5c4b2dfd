/**
 * What of a damaged store goes into the new one.
 *
 * Invariants:
 *   1. A record goes there only when its checksum is right; an object also only when it can be
 *      decoded.
 *   2. Identities do not: nothing says that a vnode's copy still covers every dot that it let out,
 *      so each takes a new incarnation (T1, T42).
 *   3. Merkle pages do not, nor their journal: they may tell of objects that are lost. A vnode
 *      without an identity makes them anew from the objects that are kept (weigh.ts).
 *   4. Records of a kind that is not known here do: whoever wrote them knows what they are.
 */
import {LEAVES} from '../merkle/tree.js';
import type {Entry, Salvager, WriteOperation} from '../ports/storage.js';
import {holdBytes} from './held.js';
import {placeOfKey} from './layout.js';
import {openRecord} from './record.js';

type ObjectPlace = {readonly leaf: number; readonly name: string};

export class StoreSalvager implements Salvager {
  constructor(readonly progress: (records: number, bytes: number) => void) {}

  isWhole(key: Uint8Array, value: Uint8Array): boolean {
    return openRecord(key, value) !== null;
  }

  keep(entry: Entry): boolean {
    const place = placeOfKey(entry.key);
    switch (place?.kind) {
      case 'object':
        return isObject(entry, place);
      case 'identity':
      case 'page':
      case 'journal':
        return false;
      default:
        return true;
    }
  }

  finish(): WriteOperation[] {
    return [];
  }
}

/** False for an object that cannot be decoded, or lies under no leaf. */
function isObject({key, value}: Entry, {leaf, name}: ObjectPlace): boolean {
  const content = openRecord(key, value);
  if (content === null || leaf >= LEAVES) {
    return false;
  }

  try {
    holdBytes(name, content);
    return true;
  } catch {
    return false;
  }
}
