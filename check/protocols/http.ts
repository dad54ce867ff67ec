// examples/http_server.ts: 100 MB by hash, load with keep-alive and pipelining, and a browser.
import { mkdirSync, writeFileSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { client, expectWhole, FOLDER, largeFile, need, rated, SIZE, serving, type Trial } from './trial.ts';

const SITE = join(FOLDER, 'site');
const SMALL = 'hello, world';

async function serve<T>(during: (url: string) => Promise<T>): Promise<T> {
  mkdirSync(join(SITE, 'folder'), { recursive: true });
  writeFileSync(join(SITE, 'small.txt'), SMALL);
  return serving('http_server', [SITE, '0', '60'], (port) => during(`http://127.0.0.1:${port}`));
}

async function curl(): Promise<string> {
  const { path } = await largeFile();
  const back = join(FOLDER, 'curl.http');
  return serve(async (url) => {
    await copyFile(path, join(SITE, 'large'));
    const whole = await rated(SIZE, () => client('curl', ['-sS', '--fail', '-o', back, `${url}/large`]));
    await expectWhole(back);
    await client('curl', ['-sS', '--fail', '-r', `0-${SIZE / 2}`, '-o', back, `${url}/large`]);
    await client('curl', ['-sS', '--fail', '-C', '-', '-o', back, `${url}/large`]);
    await expectWhole(back);
    return `${whole}; and once more in two parts`;
  });
}

/** Eight requests at once, for as long as their answers take. */
const PIPELINE = `
local together
init = function() together = string.rep(wrk.format('GET', '/small.txt'), 8) end
request = function() return together end
`;

async function wrk(...script: string[]): Promise<string> {
  return serve(async (url) => {
    const out = await client('wrk', ['-t1', '-c50', '-d5s', ...script, `${url}/small.txt`]);
    const [, count = '0'] = /^\s*(\d+) requests in /m.exec(out) ?? [];
    need(Number(count) > 1000 && !/Socket errors|Non-2xx/.test(out), out);
    return `${count} requests in 5 s, no error`;
  });
}

async function ab(): Promise<string> {
  return serve(async (url) => {
    const out = await client('ab', ['-q', '-n', '10000', '-c', '50', `${url}/small.txt`]);
    const figure = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(out)?.[1]);
    need(figure('Complete requests') === 10_000 && figure('Failed requests') === 0, out);
    need(figure('HTML transferred') === 10_000 * SMALL.length && !/Non-2xx/.test(out), out);
    return '10,000 requests on as many connections, none failed';
  });
}

/** Loads a page, a script and a picture, asks for a part and for what is not there, and writes what came. */
const PAGE = '<!doctype html><title>page</title><body><img id="dot" src="dot.png"><script src="page.js"></script>';
const SCRIPT = `
const image = document.getElementById('dot');
const get = async (path, headers) => { const answer = await fetch(path, { headers }); return [answer.status, await answer.text()]; };
Promise.all([
  image.decode().then(() => [image.naturalWidth, image.naturalHeight]),
  get('small.txt'), get('small.txt', { Range: 'bytes=7-' }), get('missing'),
  ...Array.from({ length: 30 }, (_, i) => get('small.txt?' + i)),
]).then((all) => { document.body.textContent = 'all: ' + JSON.stringify(all); }, (error) => { document.body.textContent = error; });
`;
const DOT = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

async function chromium(): Promise<string> {
  const quiet = ['--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update'];
  const flags = ['--headless', '--no-sandbox', '--disable-gpu', ...quiet, '--disable-sync'];
  return serve(async (url) => {
    writeFileSync(join(SITE, 'page.html'), PAGE);
    writeFileSync(join(SITE, 'page.js'), SCRIPT);
    writeFileSync(join(SITE, 'dot.png'), Buffer.from(DOT, 'base64'));
    const dump = (path: string) =>
      client('chromium', [
        ...flags,
        `--user-data-dir=${join(FOLDER, 'chromium')}`,
        '--virtual-time-budget=20000',
        '--dump-dom',
        url + path,
      ]);
    const page = await dump('/page.html');
    const small = JSON.stringify([200, SMALL]);
    const wanted = ['all: [[1,1]', small, JSON.stringify([206, 'world']), JSON.stringify([404, 'Not Found\n'])].join(
      ',',
    );
    need(page.includes(wanted) && page.split(small).length === 32, page);
    const listing = await dump('/');
    for (const name of ['folder/', 'page.html', 'small.txt']) need(listing.includes(`>${name}</a>`), listing);
    return 'a page with its script, picture and 33 requests, and the listing of a directory';
  });
}

async function pipelined(): Promise<string> {
  const script = join(FOLDER, 'pipeline.lua');
  writeFileSync(script, PIPELINE);
  return wrk('-s', script);
}

export const trials: readonly Trial[] = [
  { name: 'HTTP: curl, 100 MB', needs: ['curl'], run: curl },
  { name: 'HTTP: wrk, keep-alive', needs: ['wrk'], run: () => wrk() },
  { name: 'HTTP: wrk, 8 requests pipelined', needs: ['wrk'], run: pipelined },
  { name: 'HTTP: ab, a connection each', needs: ['ab'], run: ab },
  { name: 'HTTP: Chromium, headless', needs: ['chromium'], run: chromium },
];
