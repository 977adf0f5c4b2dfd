/**
 * Window: the hours of the day in which repair runs by itself, as `22:00-06:00`, by the wall clock
 * in UTC. One that ends before it begins goes over midnight.
 */
export type Window = {readonly fromMinute: number; readonly toMinute: number};

const DAY_MINUTES = 24 * 60;
const MINUTE_MS = 60_000;

/** null for what is no window. */
export function parseWindow(text: string): Window | null {
  const parts = /^(\d\d):(\d\d)-(\d\d):(\d\d)$/.exec(text)?.slice(1).map(Number) ?? [];
  const [fromHour = 24, from = 60, toHour = 24, to = 60] = parts;
  return fromHour < 24 && from < 60 && toHour < 24 && to < 60
    ? {fromMinute: fromHour * 60 + from, toMinute: toHour * 60 + to}
    : null;
}

/** A window that ends when it begins is the whole day. */
export function isWithin({fromMinute, toMinute}: Window, wallMs: number): boolean {
  const minute = Math.floor(wallMs / MINUTE_MS) % DAY_MINUTES;
  return fromMinute < toMinute
    ? minute >= fromMinute && minute < toMinute
    : minute >= fromMinute || minute < toMinute;
}
