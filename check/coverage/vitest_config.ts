// The tests, with dump.ts around each file.
import { mergeConfig } from 'vitest/config';
import base from '../../vitest.config.ts';

export default mergeConfig(base, { test: { setupFiles: ['check/coverage/dump.ts'] } });
