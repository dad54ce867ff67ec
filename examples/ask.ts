// A script that blocks, as in a shell: asks a question, and waits for the answer, but not for ever. Nothing
// else happens in the process meanwhile, so selectSync() may have the thread.
//
//   npx tsx examples/ask.ts 10                (seconds to answer; prints what was decided)
import { readSync } from 'node:fs';
import { selectSync } from 'asyncore/select';

const [seconds = '10'] = process.argv.slice(2);
process.stdout.write(`Continue? [y/N] `);
const [ready] = selectSync([0], [], [], Number(seconds));
const answer = Buffer.alloc(1024);
const text = ready.length > 0 ? answer.toString('utf8', 0, readSync(0, answer)).trim() : '';
if (ready.length === 0) console.log('(no answer)');
console.log(text.toLowerCase() === 'y' ? 'continuing' : 'stopping');
