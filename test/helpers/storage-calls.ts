/** The storage port in promises of strings, for tests. */
import {StorageFailure} from '../../src/ports/storage.js';
import type {OpenReport, Salvager, Storage, WriteOperation} from '../../src/ports/storage.js';
import {openRecord, sealRecord} from '../../src/store/record.js';

export const put = (key: string, value: string): WriteOperation => ({
  key: Buffer.from(key),
  value: Buffer.from(value),
});

export const del = (key: string): WriteOperation => ({key: Buffer.from(key), value: null});

/** Rejects with the StorageFailure. */
export const open = (storage: Storage) =>
  new Promise<OpenReport>((resolve, reject) => {
    storage.open((error, report) =>
      report === null ? reject(error ?? new Error()) : resolve(report),
    );
  });

export const commit = (
  storage: Storage,
  operations: readonly WriteOperation[],
  options: {readonly sync: boolean} = {sync: true},
) =>
  new Promise<void>((resolve, reject) => {
    storage.commit(operations, options, error => (error === null ? resolve() : reject(error)));
  });

/** A string, null, or the code of the failure, for each key. */
export const read = (storage: Storage, keys: readonly string[]) =>
  new Promise<Array<string | null>>(resolve => {
    storage.read(
      keys.map(key => Buffer.from(key)),
      answers =>
        resolve(
          answers.map(answer => {
            if (answer instanceof StorageFailure) {
              return answer.code;
            }
            return answer === null ? null : Buffer.from(answer).toString();
          }),
        ),
    );
  });

/** Entries as `key=value`. */
export const scan = (storage: Storage, from: string, to: string, limit = 1000) =>
  new Promise<string[]>((resolve, reject) => {
    const range = {from: Buffer.from(from), to: Buffer.from(to), limit};
    storage.scan(range, (error, entries) => {
      if (error !== null) {
        reject(error);
      } else {
        resolve(
          entries.map(
            ({key, value}) => `${Buffer.from(key).toString()}=${Buffer.from(value).toString()}`,
          ),
        );
      }
    });
  });

/** A record with a checksum, and how a salvage knows it. */
export const sealed = (key: string, value: string): WriteOperation => ({
  key: Buffer.from(key),
  value: sealRecord(Buffer.from(key), Buffer.from(value)),
});

export const readSealed = async (storage: Storage, keys: readonly string[]) =>
  new Promise<Array<string | null>>(resolve => {
    const named = keys.map(key => Buffer.from(key));
    storage.read(named, answers =>
      resolve(
        answers.map((answer, at) => {
          if (answer instanceof StorageFailure) {
            return answer.code;
          }
          const content = answer === null ? null : openRecord(named[at]!, answer);
          return answer === null ? null : Buffer.from(content ?? 'damaged').toString();
        }),
      ),
    );
  });

/** Keeps every whole record but those with these keys, and adds one of its own. */
export const salvagerOf = (unwanted: readonly string[] = [], progress = () => {}) => {
  const asked: string[] = [];
  const salvager: Salvager = {
    isWhole: (key, value) => openRecord(key, value) !== null,
    keep: ({key}) => {
      asked.push(Buffer.from(key).toString());
      return !unwanted.includes(Buffer.from(key).toString());
    },
    finish: () => [sealed('finished', 'yes')],
    progress,
  };
  return {salvager, asked};
};

/** Rejects with the StorageFailure. */
export const salvage = (storage: Storage, why: string, salvager = salvagerOf().salvager) =>
  new Promise<OpenReport>((resolve, reject) => {
    storage.salvage(why, salvager, (error, report) =>
      report === null ? reject(error ?? new Error()) : resolve(report),
    );
  });

export const condemn = (storage: Storage, why: string) =>
  new Promise<void>((resolve, reject) => {
    storage.condemn(why, error => (error === null ? resolve() : reject(error)));
  });

export const close = (storage: Storage) =>
  new Promise<void>((resolve, reject) => {
    storage.close(error => (error === null ? resolve() : reject(error)));
  });

/** The code of the StorageFailure that the work ends with. */
export async function failureCode(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'no failure';
  } catch (error) {
    return error instanceof StorageFailure ? error.code : String(error);
  }
}
