/** Dots as msgpack carries them: [incarnation, counter, incarnation, counter, ...], sorted. */
import {compareDots} from '../causality/dot.js';
import type {Dot} from '../causality/dot.js';
import type {VersionVector} from '../causality/version-vector.js';

const INCARNATION_CHARACTERS_MAX = 64;

export function flattenDots(dots: readonly Dot[]): Array<string | number> {
  const flat: Array<string | number> = [];
  for (const {incarnation, counter} of dots) {
    flat.push(incarnation, counter);
  }

  return flat;
}

/** null for anything that `flattenDots` does not make of sorted, distinct dots. */
export function parseDots(flat: unknown): Dot[] | null {
  if (!Array.isArray(flat) || flat.length % 2 !== 0) {
    return null;
  }

  const dots: Dot[] = [];
  for (let i = 0; i < flat.length; i += 2) {
    const incarnation: unknown = flat[i];
    const counter: unknown = flat[i + 1];
    if (!isIncarnation(incarnation) || !isCounter(counter)) {
      return null;
    }

    const dot = {incarnation, counter};
    if (i > 0 && compareDots(dots.at(-1)!, dot) >= 0) {
      return null;
    }

    dots.push(dot);
  }

  return dots;
}

/** As `parseDots`, and each incarnation at most once. */
export function parseVector(flat: unknown): VersionVector | null {
  const dots = parseDots(flat);
  const isVector = dots?.every((dot, i) => dot.incarnation !== dots[i + 1]?.incarnation);
  return isVector === true ? dots : null;
}

function isIncarnation(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= INCARNATION_CHARACTERS_MAX;
}

function isCounter(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 1;
}
