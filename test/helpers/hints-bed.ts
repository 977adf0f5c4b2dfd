/** Hints over a store on a simulated disk, and what operations on them wrote down. */
import {createActor} from 'xstate';
import {bindHints, type HintsConfig} from '../../actors/hints/hints.effects.js';
import type {Place} from '../../actors/hints/hint-index.js';
import type {KeepOperation, StandInOperation} from '../../actors/hints/hints.messages.js';
import type {VersionVector} from '../../src/causality/version-vector.js';
import {Counters} from '../../src/counters.js';
import type {Rejection} from '../../src/errors.js';
import {hold, type Held} from '../../src/store/held.js';
import {placeOfKey} from '../../src/store/layout.js';
import {objectOf, valuesOf, type WriteOf} from './held.js';
import {startStore} from './store-bed.js';

export const PARTITION = 1;
export const EPOCH = 3;

export type KeepOf = WriteOf & {
  readonly targets?: readonly string[];
  readonly epoch?: number;
  readonly partition?: number;
};
export type StandInOf = {
  readonly cover?: VersionVector | 'everything';
  readonly coverHlc?: number;
  readonly id?: string;
  readonly targets?: readonly string[];
  readonly maxSiblings?: number;
};

export type HintsBed = ReturnType<typeof startHints>;

/** Hints of the host `me`, which owns nothing of partition 1; its owners are h1, h2 and h3. */
export function startHints({
  bed = startStore(),
  config = {},
  mailboxMax = 100,
  owners = ['h1', 'h2', 'h3'],
  epoch = EPOCH,
}: {
  bed?: ReturnType<typeof startStore>;
  config?: Partial<HintsConfig>;
  mailboxMax?: number;
  owners?: readonly string[];
  epoch?: number;
} = {}) {
  const places = new Map<number, Place>([[PARTITION, {epoch, owners}]]);
  const counters = new Counters();
  const emitted: string[] = [];
  const lines: string[] = [];
  const decided: Held[] = [];
  const errors: unknown[] = [];
  const {machine, effects, gate} = bindHints({
    ...bed,
    self: 'me',
    counters,
    mailboxMax,
    config: {bytesMax: 1e6, alarmAfterMs: 60_000, ...config},
    placeOf: partition => places.get(partition),
    onKeeping: () => undefined,
    emit: kind => emitted.push(kind),
  });
  const start = () => {
    const made = createActor(machine, {clock: bed.clock, input: {checkEveryMs: 1_000}});
    made.subscribe({error: error => errors.push(error)});
    return made.start();
  };
  const actor = start();
  bed.pass();

  const tell = (label: string) => (rejection: Rejection | null) =>
    lines.push(`${label} ${rejection?.code ?? 'done'}`);
  const post = (label: string, operation: KeepOperation | StandInOperation) => {
    const rejection = gate.post(operation);
    if (rejection !== null) {
      lines.push(`${label} refused: ${rejection.code} ${rejection.text}`);
    }
  };

  return {
    ...bed,
    bed,
    actor,
    restart: start,
    effects,
    gate,
    counters,
    emitted,
    errors,
    lines,
    decided,
    state: () => actor.getSnapshot().value,
    keep: (label: string, name: string, value: string, keep: KeepOf = {}) =>
      post(label, {
        kind: 'keep',
        partition: keep.partition ?? PARTITION,
        epoch: keep.epoch ?? EPOCH,
        name,
        targets: keep.targets ?? ['h1'],
        bytes: hold(name, objectOf(value, keep)).bytes,
        done: tell(label),
      }),
    standIn: (label: string, name: string, value: string, write: StandInOf = {}) =>
      post(label, {
        kind: 'standIn',
        partition: PARTITION,
        epoch: EPOCH,
        name,
        targets: write.targets ?? owners,
        intent: {
          cover: write.cover ?? 'everything',
          coverHlc: write.coverHlc ?? 0,
          id: write.id ?? '',
          tombstone: false,
          deflated: false,
          value: Buffer.from(value),
        },
        rules: {conflicts: 'siblings', maxSiblings: write.maxSiblings ?? 100},
        decided: held => {
          decided.push(held);
          lines.push(`${label} decided`);
        },
        done: tell(label),
      }),
    read: (label: string, name: string) =>
      gate.post({
        kind: 'readKept',
        partition: PARTITION,
        name,
        done: answer =>
          lines.push(
            answer === null
              ? `${label} nothing`
              : 'code' in answer
                ? `${label} ${answer.code}`
                : `${label} ${valuesOf(answer.object).join('+')}`,
          ),
      }),
    /** A target has taken what is kept for a key, as it is now. */
    deliver: (target: string, name: string) => {
      const entry = effects.keeper.index.find(PARTITION, name);
      if (entry !== undefined) {
        effects.keeper.delivered(target, entry, entry.version);
      }
    },
    /** Names of the hints that lie on the disk. */
    onDisk: () =>
      bed.disk.entries().flatMap(({key}) => {
        const place = placeOfKey(key);
        return place?.kind === 'hint' ? [place.name] : [];
      }),
    incarnation: () => effects.keeper.incarnation,
  };
}
