// Where things are in this repository.
import { dirname, join } from 'node:path';

export const root: string = dirname(import.meta.dirname);

/** The published results and their chart, from which the documents are generated. */
export const resultsFolder: string = join(root, 'bench', 'results');

/** The results file in its folder. */
export const RESULTS = 'latest.json';

/** The chart in its folder. */
export const CHART = 'latest.svg';
