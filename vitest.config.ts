import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const lib = (name: string) => fileURLToPath(new URL(`./lib/${name}.ts`, import.meta.url));

export default defineConfig({
  resolve: {
    alias: [
      { find: /^asyncore$/, replacement: lib('index') },
      { find: /^asyncore\/socket$/, replacement: lib('socket') },
      { find: /^asyncore\/select$/, replacement: lib('select') },
      { find: /^asyncore\/stream$/, replacement: lib('stream') },
      { find: /^asyncore\/promises$/, replacement: lib('promises') },
      { find: /^asyncore\/selectors$/, replacement: lib('selectors') },
      { find: /^asyncore\/linux$/, replacement: lib('linux') },
      { find: /^asyncore\/tty$/, replacement: lib('tty') },
      { find: /^asyncore\/addon$/, replacement: lib('addon') },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    // A process of its own per file: a crash in the addon ends that file alone.
    pool: 'forks',
    // Most tests wait more than they compute; more at once would make the timed ones late.
    maxWorkers: 2,
    setupFiles: ['test/support/setup.ts'],
    testTimeout: 20_000,
  },
});
