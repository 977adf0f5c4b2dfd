/** Why a host is held for what it is held for, in words for people. */
import {SAID} from './digest.js';
import type {Known} from './known.js';

export function evidenceOf(known: Known, nowMs: number): string {
  return [...reasons(known, nowMs), ...opinions(known)].join('; ');
}

function reasons(known: Known, nowMs: number): string[] {
  const {strike, said, via} = known;
  if (strike !== null) {
    const sinceMs = Math.max(0, nowMs - strike.sinceMs);
    return [
      strike.kind === 'goodbye'
        ? `said goodbye ${seconds(sinceMs)} ago`
        : `the broker says nobody hears it, for ${seconds(sinceMs)}`,
    ];
  }

  if (said !== SAID.alive) {
    const since = known.isKnown ? '' : ', not heard since this host started';
    const phi = Math.min(known.phi(nowMs), PHI_SHOWN_MAX).toFixed(1);
    return [`silent for ${seconds(known.silentMs(nowMs))}, phi ${phi}${since}`];
  }

  if (!known.isKnown) {
    return ['not heard yet'];
  }

  const heard = `heard ${seconds(known.silentMs(nowMs))} ago`;
  const directMs = nowMs - known.directMs;
  const isDirect = via === '' || (known.isLinked && directMs < DIRECT_MS);
  return [
    isDirect ? heard : `${heard}, only through ${via}, itself ${seconds(directMs)} ago`,
    ...(known.isLinked ? [] : ['no link with it']),
  ];
}

/** Who spoke to us so lately is not said to be heard through others only. */
const DIRECT_MS = 2_000;

/** Beyond, more says no more. */
const PHI_SHOWN_MAX = 99;

function opinions({opinions: told, said}: Known): string[] {
  if (said === SAID.alive) {
    return [];
  }

  const tellers = [...told].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const agree = tellers.filter(([, opinion]) => opinion.said !== SAID.alive);
  const deny = tellers.filter(([, opinion]) => opinion.said === SAID.alive);
  const names = (of: typeof tellers) => of.map(([teller]) => teller).join(', ');
  return [
    ...(agree.length > 0 ? [`confirmed by ${names(agree)}`] : []),
    ...(deny.length > 0 ? [`alive for ${names(deny)}`] : []),
  ];
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
