// Runs a C program on libuv, inside a Node process because that is where a libuv is: on a loop of
// its own, with no JavaScript running.
import { loadAddon } from './addon.ts';
import { option } from './options.ts';

loadAddon().run(option('program', 'stream-echo'), ...process.argv.slice(2));
