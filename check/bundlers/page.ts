// docs/bundling.md as it is run: its sections, and in each the files, the commands and what they print.
// A file's block has its name behind the language; `fails` is said of commands the last of which does.

export interface Block {
  readonly language: string;
  readonly words: readonly string[];
  readonly text: string;
}

export interface Section {
  readonly title: string;
  readonly blocks: readonly Block[];
}

export function sectionsOf(page: string): Section[] {
  return page
    .split(/^## /m)
    .slice(1)
    .map((text) => ({
      title: text.slice(0, text.indexOf('\n')),
      blocks: [...text.matchAll(/^```(.*)\n([\s\S]*?)^```$/gm)].map(([, info = '', body = '']) => {
        const [language = '', ...words] = info.split(' ');
        return { language, words, text: body };
      }),
    }));
}

/** The first line of `expected` that `output` does not have in its place; an ellipsis stands for the rest of a line. */
export function missingLine(expected: string, output: string): string | undefined {
  const lines = output.split('\n');
  let from = 0;
  for (const line of expected.trimEnd().split('\n')) {
    const [start = '', rest] = line.trim().split('…');
    const isThere = (each: string) => (rest === undefined ? each.trim().endsWith(start) : each.includes(start));
    const at = lines.findIndex((each, index) => index >= from && isThere(each));
    if (at < 0) return line;
    from = at + 1;
  }
  return undefined;
}
