/**
 * The way to the hints, for this host's coordinator and for other hosts.
 *
 * Invariants:
 *   1. Nothing is kept under another epoch of the partition than this host's (T19), nor by an owner
 *      of the partition: its own vnode takes writes.
 *   2. Operations wait in the mailbox across a restart; past its bound they are shed.
 */
import {Code, reject, type Rejection} from '../../src/errors.js';
import type {Mailbox} from '../../src/mailbox.js';
import {ITEM, type AnswerPeer, type TakenItem} from '../../src/wire/host-items.js';
import type {Place} from './hint-index.js';
import type {HintDesk, HintOperation} from './hints.messages.js';

export type HintGatePorts = {
  readonly self: string;
  readonly mailbox: Mailbox<HintOperation>;
  readonly placeOf: (partition: number) => Place | undefined;
};

export class HintGate implements HintDesk {
  constructor(private readonly ports: HintGatePorts) {}

  post(operation: HintOperation): Rejection | null {
    const {self, mailbox, placeOf} = this.ports;
    if (operation.kind !== 'readKept') {
      const {partition, epoch} = operation;
      if (placeOf(partition)?.owners.includes(self) === true) {
        const text = `this host is an owner of partition ${partition} and keeps no hints for it`;
        return reject(Code.unavailable, text);
      }

      const stale = this.#fence(partition, epoch);
      if (stale !== null) {
        return stale;
      }
    }

    return mailbox.post(operation)
      ? null
      : reject(Code.overloaded, 'this host has all the hints to keep that it can hold for now');
  }

  /** For another host's question. */
  take(item: TakenItem, answer: AnswerPeer): void {
    if (item[0] === ITEM.keep) {
      const [, no, partition, epoch, name, bytes, targets] = item;
      const done = (rejection: Rejection | null) => {
        answer([ITEM.merged, no, rejection?.code ?? Code.ok, rejection?.text ?? '']);
      };
      const rejection = this.post({kind: 'keep', partition, epoch, name, targets, bytes, done});
      if (rejection !== null) {
        done(rejection);
      }
    } else if (item[0] === ITEM.readKept) {
      this.#read(item, answer);
    }
  }

  #read(
    [, no, partition, epoch, name]: Extract<
      TakenItem,
      readonly [typeof ITEM.readKept, ...unknown[]]
    >,
    answer: AnswerPeer,
  ): void {
    const refuse = ({code, text}: Rejection) => answer([ITEM.found, no, code, text, null]);
    const rejection =
      this.#fence(partition, epoch) ??
      this.post({
        kind: 'readKept',
        partition,
        name,
        done: held => {
          if (held !== null && 'code' in held) {
            refuse(held);
          } else if (!answer([ITEM.found, no, Code.ok, '', held?.bytes ?? null]) && held !== null) {
            refuse(reject(Code.unavailable, 'the object does not fit into a message'));
          }
        },
      });
    if (rejection !== null) {
      refuse(rejection);
    }
  }

  #fence(partition: number, epoch: number): Rejection | null {
    const current = this.ports.placeOf(partition)?.epoch;
    if (current === epoch) {
      return null;
    }

    const epochs =
      current === undefined
        ? `there is no partition ${partition}`
        : `partition ${partition} is at epoch ${current}, not ${epoch}`;
    return reject(Code.unavailable, `stale epoch: ${epochs}`);
  }
}
