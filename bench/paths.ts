// Where things are in this repository.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root: string = dirname(dirname(fileURLToPath(import.meta.url)));

/** The results that are kept, and that the documents are made from. */
export const resultsFolder: string = join(root, 'bench', 'results');
