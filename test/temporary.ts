/** Folders and waiting for tests that touch the real world. */
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import type {ExecutionContext} from 'ava';

/** A folder that is gone when the test is over. */
export function temporaryFolder(t: Pick<ExecutionContext, 'teardown'>): string {
  const folder = mkdtempSync(join(tmpdir(), 'quorate-test-'));
  t.teardown(() => rmSync(folder, {recursive: true, force: true}));
  return folder;
}

/** Looks again and again until it is so; the test's own timeout is the bound. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) {
    await sleep(20);
  }
}
