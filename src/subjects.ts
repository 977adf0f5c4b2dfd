/**
 * Every subject of the protocol, built and parsed here and nowhere else.
 *
 *   <root>.get|put|del.<bucket>.<key...>            what a plain client publishes
 *   <root>.p.<p>.get|put|del.<bucket>.<key...>      the same, mapped to its partition by the broker
 *   <root>.c.<host>                                 frames from the client library
 *   <root>.c.<host>.get|put|del.<bucket>.<key...>   a plain request for this host and no other
 *   <root>.h.<host>.data|bulk|gossip|admin          frames between hosts
 *   <root>.h.<host>.ballast                         fills the connection of one that stands still
 *   <root>.h.<host>.unheard.<peer>.<incarnation>    the broker's word that nobody hears a peer
 *   <root>.events.<host>.<kind>                     what happened, for the console and for people
 *   <root>.info                                     asks any host for the public topology
 *   <root>.mark.<host>                              a host to itself: how late is what it reads?
 *
 * Three kinds of request reach no host, whatever is subscribed here: an unknown verb outside
 * `<root>.p`, for which the broker answers "no responders"; a subject with an empty token; and one
 * with a space in it.
 *
 * Invariants:
 *   1. What is built here parses back to what it was built from.
 *   2. A reply goes only to a subject that looks like an inbox: a host can never be made to publish
 *      under the cluster's root, under `$`, or to a wildcard, with permissions that only it has.
 */
import {Code, reject, type Rejection} from './errors.js';
import {isSubject} from './wire/subject-grammar.js';

export const VERBS = ['get', 'put', 'del'] as const;
export type Verb = (typeof VERBS)[number];

export function isVerb(text: unknown): text is Verb {
  return VERBS.some(verb => verb === text);
}

export const LANES = ['data', 'admin'] as const;
export type Lane = (typeof LANES)[number];

/** The queue group of all hosts, for what any of them can answer. */
export const HOSTS_QUEUE = 'hosts';

/**
 * Deepest name that a mapping catches, bucket included. Deeper ones take the way of a broker
 * without mappings.
 */
export const MAPPED_TOKENS_MAX = 8;

export const DEFAULT_REPLY_PREFIXES = ['_INBOX.', '_R_.', '_GR_.'] as const;

/** `key` may still be anything, also empty: `checkName` judges it. */
export type PlainRequest = {
  /** The partition that the subject claims, null on the way without mappings. */
  readonly partition: number | null;
  readonly verb: Verb;
  readonly bucket: string;
  readonly key: string;
};

/** A root neither hides among inboxes (`_`) nor among the system's subjects (`$`). */
export function isRoot(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/.test(text);
}

/** The queue group of a partition's owners. */
export function partitionQueue(partition: number): string {
  return `p${partition}`;
}

export class Subjects {
  readonly #replyPrefixes: readonly string[];
  /** What all subjects of the cluster start with. */
  readonly #start: string;

  /**
   * Reply prefixes come on top of the usual ones; each is taken as whole tokens, with or without
   * its last dot.
   */
  constructor(
    readonly root: string,
    replyPrefixes: readonly string[] = [],
  ) {
    if (!isRoot(root)) {
      throw new TypeError(`'${root}' cannot be the root of a cluster's subjects`);
    }

    const whole = replyPrefixes.map(prefix => (prefix.endsWith('.') ? prefix : `${prefix}.`));
    this.#replyPrefixes = [...DEFAULT_REPLY_PREFIXES, ...whole];
    this.#start = `${root}.`;
  }

  /** As a plain client publishes it. */
  plain(verb: Verb, name: string): string {
    return `${this.root}.${verb}.${name}`;
  }

  mapped(partition: number, verb: Verb, name: string): string {
    return `${this.root}.p.${partition}.${verb}.${name}`;
  }

  client(host: string): string {
    return `${this.root}.c.${host}`;
  }

  /** A plain request to one host: it answers, and sends it nowhere else. */
  addressed(host: string, verb: Verb, name: string): string {
    return `${this.root}.c.${host}.${verb}.${name}`;
  }

  allAddressed(host: string): string {
    return `${this.root}.c.${host}.>`;
  }

  lane(host: string, lane: Lane): string {
    return `${this.root}.h.${host}.${lane}`;
  }

  /** What other hosts send to one in bulk, over connections of their own (T46). */
  bulk(host: string): string {
    return `${this.root}.b.${host}`;
  }

  /** What is only there to be sent, and says nothing. */
  ballast(host: string): string {
    return `${this.root}.h.${host}.ballast`;
  }

  /** Everything else that other hosts, and the broker on their behalf, send to one. */
  allOfHost(host: string): string {
    return `${this.root}.h.${host}.>`;
  }

  /**
   * Where the broker tells `host` that nobody hears `peer`. The host's own incarnation is in it: no
   * client knows that, and so none can say it in the broker's place.
   */
  unheard(host: string, peer: string, incarnation: string): string {
    return `${this.root}.h.${host}.unheard.${peer}.${incarnation}`;
  }

  /** '' for what was not built by `unheard` for this incarnation. */
  peerOfUnheard(subject: string, incarnation: string): string {
    const [, , , kind, peer = '', known] = subject.split('.');
    return kind === 'unheard' && known === incarnation ? peer : '';
  }

  event(host: string, kind: string): string {
    return `${this.root}.events.${host}.${kind}`;
  }

  /** For what a host sends to itself, to learn how long what it reads has waited. */
  mark(host: string): string {
    return `${this.root}.mark.${host}`;
  }

  get info(): string {
    return `${this.root}.info`;
  }

  /** All that is mapped to a partition; for its owners, in `partitionQueue`. */
  allOfPartition(partition: number): string {
    return `${this.root}.p.${partition}.>`;
  }

  /** Plain requests that no mapping caught; for all hosts, in `HOSTS_QUEUE`. */
  get allUnmapped(): readonly string[] {
    return VERBS.map(verb => `${this.root}.${verb}.>`);
  }

  get allEvents(): string {
    return `${this.root}.events.>`;
  }

  /**
   * One mapping in a broker's configuration: what is published with so many name tokens, and what
   * becomes of it.
   */
  mapping(verb: Verb, tokens: number, partitions: number): {from: string; to: string} {
    const places = Array.from({length: tokens}, (_, index) => index + 1);
    const name = places.map(place => `{{wildcard(${place})}}`).join('.');
    return {
      from: this.plain(verb, places.map(() => '*').join('.')),
      to: `${this.root}.p.{{partition(${partitions},${places.join(',')})}}.${verb}.${name}`,
    };
  }

  /** Reads the subject of a plain request: as published, mapped, or addressed to a host. */
  parsePlain(subject: string): PlainRequest | Rejection {
    const start = this.#start.length;
    if (!subject.startsWith(this.#start)) {
      return reject(Code.badRequest, `the subject is not under ${this.root}`);
    }

    if (subject.startsWith('c.', start)) {
      return parseRequest(subject, subject.indexOf('.', start + 2) + 1, null);
    }

    if (!subject.startsWith('p.', start)) {
      return parseRequest(subject, start, null);
    }

    const end = subject.indexOf('.', start + 2);
    const partition = end === -1 ? '' : subject.slice(start + 2, end);
    return /^(?:0|[1-9]\d{0,4})$/.test(partition)
      ? parseRequest(subject, end + 1, Number(partition))
      : reject(
          Code.badRequest,
          `the subject names no partition: use ${this.root}.p.<number>.<verb>...`,
        );
  }

  /** Invariant 2. Also false for a request that gave no reply subject. */
  isReplyAllowed(reply: string): boolean {
    return (
      this.#isUnderReplyPrefix(reply) &&
      !reply.startsWith(this.#start) &&
      !reply.startsWith('$') &&
      isSubject(reply)
    );
  }

  #isUnderReplyPrefix(reply: string): boolean {
    for (const prefix of this.#replyPrefixes) {
      if (reply.length > prefix.length && reply.startsWith(prefix)) {
        return true;
      }
    }

    return false;
  }
}

function parseRequest(
  subject: string,
  start: number,
  partition: number | null,
): PlainRequest | Rejection {
  const end = subject.indexOf('.', start);
  const verb = VERBS.find(known => known === subject.slice(start, end === -1 ? undefined : end));
  if (verb === undefined) {
    return reject(
      Code.badRequest,
      `the subject has an unknown verb: use one of ${VERBS.join(', ')}`,
    );
  }

  const name = end === -1 ? '' : subject.slice(end + 1);
  // A bucket's spelling has no dot, so the first one ends it.
  const dot = name.indexOf('.');
  const bucket = dot === -1 ? name : name.slice(0, dot);
  return {partition, verb, bucket, key: dot === -1 ? '' : name.slice(dot + 1)};
}
