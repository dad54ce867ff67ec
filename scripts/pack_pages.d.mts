// The types of pack_pages.mjs, for the tests.
export function packedFiles(): Set<string>;
export function tag(): string;
