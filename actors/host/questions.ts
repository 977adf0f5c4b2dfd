/** Hands the questions that other hosts ask in bulk to whom they are for. */
import {Code} from '../../src/errors.js';
import {type AnswerPeer, type AskItem, ITEM} from '../../src/wire/host-items.js';
import type {Takers} from './services/neighbours.js';

/** False for a question that is somebody else's. */
export type TakesQuestion = (peer: string, item: AskItem, answer: AnswerPeer) => boolean;

export function takeQuestions(takers: Takers, asked: readonly TakesQuestion[]): void {
  takers.set(ITEM.ask, (peer, item, answer) => {
    const isTaken = item[0] !== ITEM.ask || asked.some(take => take(peer, item, answer));
    if (!isTaken) {
      answer([ITEM.told, item[1], Code.badRequest, 'unknown question', new Uint8Array(0)]);
    }
  });
}
