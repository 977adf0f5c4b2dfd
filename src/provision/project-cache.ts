/**
 * The project's own folder for what it fetched: `.cache/bin` for programs, `.cache/lib` for shared
 * libraries. bin/quorate.js and scripts/test.mjs know `.cache/lib` by name.
 */
import {fileURLToPath} from 'node:url';
import {join} from 'node:path';

/** This file is dist/src/provision/project-cache.js when it runs. */
export const projectDir = fileURLToPath(new URL('../../../', import.meta.url));

export const defaultCacheDir = join(projectDir, '.cache');

export const cachedBroker = (cacheDir: string): string => join(cacheDir, 'bin', 'nats-server');

export const cachedLibraries = (cacheDir: string): string => join(cacheDir, 'lib');
