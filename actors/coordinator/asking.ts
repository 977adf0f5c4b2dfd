/** What a read asks of whom, and in which order. Every question is answered by a `Reply`. */
import {Code, type Rejection} from '../../src/errors.js';
import type {Held} from '../../src/store/held.js';
import {ITEM} from '../../src/wire/host-items.js';
import type {Request} from './coordinator.messages.js';
import {isReachable, replyOk, replyRejected, type Desk} from './flight.js';

export type ReadKind = typeof ITEM.read | typeof ITEM.digest;

/**
 * Itself first, then the others from one that changes with each request, which spreads second
 * reads; but one to whom a frame leaves anyway comes before those, so that the second reads of one
 * turn go together. Those that cannot be reached come last.
 */
export function inOrder(owners: readonly string[], no: number, desk: Desk): string[] {
  const own = owners.indexOf(desk.self);
  const linked = own === -1 ? [] : [desk.self];
  const others: string[] = [];
  const peers = owners.length - linked.length;
  for (let i = 0; i < peers; i += 1) {
    const owner = owners[(own + 1 + ((no + i) % peers)) % owners.length] as string;
    (desk.isLinked(owner) ? linked : others).push(owner);
  }

  const next = own === -1 ? 0 : 1;
  const ready = linked.findIndex((owner, at) => at > next && desk.hasMail(owner));
  if (ready !== -1 && !desk.hasMail(linked[next] as string)) {
    linked.splice(next, 0, ...linked.splice(ready, 1));
  }

  return others.length === 0 ? linked : [...linked, ...others];
}

/** Asks an owner for its object, or for its hash; this host itself always for the object. */
export function askOwner(
  desk: Desk,
  no: number,
  {partition, name}: Request,
  slot: string,
  kind: ReadKind,
): void {
  if (slot !== desk.self) {
    if (!desk.send(slot, [kind, no, partition, desk.epochOf(partition), name])) {
      const text = `${slot} is not reachable`;
      desk.reply(replyRejected(no, slot, {code: Code.unavailable, text}));
    }

    return;
  }

  const gate = desk.gate(partition);
  const rejection =
    gate === undefined
      ? {code: Code.unavailable, text: 'this host is no owner of the key'}
      : gate.post({kind: 'read', name, done: answer => toldHere(desk, no, answer)}, gate.epoch);
  if (rejection !== null) {
    toldHere(desk, no, rejection);
  }
}

/** Asks a host, perhaps this one, for what it keeps in the place of others; false if it cannot. */
export function askKept(desk: Desk, no: number, {partition, name}: Request, host: string): boolean {
  if (host === desk.self) {
    const done = (answer: Held | null | Rejection) => toldHere(desk, no, answer);
    return desk.hints.post({kind: 'readKept', partition, name, done}) === null;
  }

  const item = [ITEM.readKept, no, partition, desk.epochOf(partition), name] as const;
  return isReachable(host, desk) && desk.send(host, item);
}

function toldHere(desk: Desk, no: number, answer: Held | null | Rejection): void {
  desk.reply(
    answer !== null && 'code' in answer
      ? replyRejected(no, desk.self, answer)
      : replyOk(no, desk.self, answer?.object ?? null),
  );
}
