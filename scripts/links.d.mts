// The types of links.mjs, for the tests.
export function linksOf(text: string): string[];
export function pathOf(page: string, target: string): [path?: string, anchor?: string];
export function repositoryUrl(kind: string, revision: string): string;
export function shippedPage(page: string, isShipped: (path: string) => boolean, revision: string): string;
