/**
 * What NATS takes as a subject (nats-architecture-and-design, ADR-6), and how a wildcard pattern
 * matches one.
 *
 * Invariants:
 *   1. A legal subject never breaks the line protocol: no white space, no control characters,
 *      bounded length.
 *   2. A legal subject is one that a broker routes as it is spelled: no empty token, no wildcard
 *      token, no half of a surrogate pair (which UTF-8 cannot carry).
 */

/**
 * Longest subject, in UTF-8 bytes. A broker closes the connection over a control line of more than
 * 4,096 bytes (its default); two subjects of this length and the sizes fit.
 */
export const subjectBytesMax = 2_000;

const dot = 0x2e;
const star = 0x2a;
const greater = 0x3e;
const space = 0x20;
const del = 0x7f;

/** Whether something may be published to this subject. */
export const isSubject = (text: string): boolean => isSpelled(text, false);

/** Whether it may be subscribed to: a subject in which `*` may be a token, and `>` the last one. */
export const isPattern = (text: string): boolean => isSpelled(text, true);

/** Whether it may name a queue group: one word of the protocol. */
export const isQueueName = (text: string): boolean => isSubject(text);

// Walks every character of every published subject: one pass, no regular expression.
function isSpelled(text: string, wildcards: boolean): boolean {
  const length = text.length;
  // A UTF-16 unit is at most three bytes, so that almost no subject has to be measured.
  if (length * 3 > subjectBytesMax && new TextEncoder().encode(text).length > subjectBytesMax) {
    return false;
  }

  let tokenStart = 0;
  for (let at = 0; at <= length; at++) {
    const unit = at === length ? dot : text.charCodeAt(at);
    if (unit === dot) {
      if (!isToken(text, tokenStart, at, wildcards)) {
        return false;
      }
      tokenStart = at + 1;
    } else if (unit <= space || unit === del) {
      return false;
    } else if (unit >= 0xd800 && unit <= 0xdfff && /\p{Surrogate}/u.test(text)) {
      return false;
    }
  }
  return true;
}

function isToken(text: string, start: number, end: number, wildcards: boolean): boolean {
  if (end - start !== 1) {
    return end > start;
  }
  const unit = text.charCodeAt(start);
  if (unit === star) {
    return wildcards;
  }
  return unit !== greater || (wildcards && end === text.length);
}

/** Throws `TypeError`: the caller should have asked `isSubject`. A reply of '' is none. */
export function checkPublish(subject: string, reply: string): void {
  if (!isSubject(subject) || (reply !== '' && !isSubject(reply))) {
    throw new TypeError(`illegal subject: ${JSON.stringify([subject, reply])}`);
  }
}

/** Throws `TypeError`: the caller should have asked `isPattern` and `isQueueName`. */
export function checkSubscribe(subject: string, queue: string | undefined): void {
  if (!isPattern(subject) || (queue !== undefined && !isQueueName(queue))) {
    throw new TypeError(`illegal subject or queue: ${JSON.stringify([subject, queue])}`);
  }
}

/** Whether the tokens of a legal pattern match those of a legal subject. */
export function matches(pattern: readonly string[], subject: readonly string[]): boolean {
  for (const [place, token] of pattern.entries()) {
    if (place >= subject.length) {
      return false;
    }
    if (token === '>') {
      return true;
    }
    if (token !== '*' && token !== subject[place]) {
      return false;
    }
  }
  return pattern.length === subject.length;
}
