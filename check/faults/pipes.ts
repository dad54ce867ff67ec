// The same scenario over pipes: three clients, each with a pipe to its echo and one back, 64 KiB
// each way; half-close is the end of the first pipe.
import { FileDispatcher, type FileWrapper, pipe } from '../../lib/index.ts';
import { GOALS, Goal, startClients } from './parts.ts';
import { payload, type Run, type Scenario } from './run.ts';

const PIECE = 16384;

/** A channel that takes over one end of a pipe. */
class End extends FileDispatcher {
  protected readonly run: Run;

  constructor(end: FileWrapper, run: Run) {
    super(end, run.map);
    this.run = run;
    // The channel works on a duplicate.
    end.close();
  }

  override handleError(error: unknown) {
    this.run.hear(this.constructor.name, error);
    this.close();
  }
}

/** Writes what it is given, and closes when told that it was the last. */
class Source extends End {
  #waiting: Buffer[] = [];
  #isLast = false;

  push(data: Buffer, isLast = false) {
    if (data.length > 0) this.#waiting.push(data);
    this.#isLast = isLast;
    if (isLast && this.#waiting.length === 0) this.close();
  }

  override readable() {
    return false;
  }

  override writable() {
    return this.#waiting.length > 0;
  }

  override handleWrite() {
    const [first] = this.#waiting;
    if (first === undefined) return;
    const sent = this.send(first.subarray(0, PIECE));
    if (sent < first.length) this.#waiting[0] = first.subarray(sent);
    else this.#waiting.shift();
    if (this.#isLast && this.#waiting.length === 0) this.close();
    if (sent > 0) this.run.progress();
  }

  override handleClose() {
    this.run.hear('source', 'reader gone');
    this.close();
  }
}

/** Reads until the writer has ended. */
class Sink extends End {
  readonly #take: (data: Buffer) => void;
  readonly #ended: () => void;

  constructor(end: FileWrapper, run: Run, take: (data: Buffer) => void, ended: () => void) {
    super(end, run);
    this.#take = take;
    this.#ended = ended;
  }

  override writable() {
    return false;
  }

  override handleRead() {
    const data = this.recv(PIECE);
    if (data.length === 0) return;
    this.run.progress();
    this.#take(data);
  }

  override handleClose() {
    this.close();
    this.#ended();
  }

  override handleError(error: unknown) {
    super.handleError(error);
    this.#ended();
  }
}

function client(run: Run, number: number, gone: () => void): void {
  const [there, back] = [0, 1].map(() => {
    const [reader, writer] = pipe();
    return { reader: run.own(reader), writer: run.own(writer) };
  });
  if (there === undefined || back === undefined) return;
  const data = payload(number);
  const goal = new Goal(run, data, gone);
  const answer = new Source(back.writer, run);
  new Sink(
    there.reader,
    run,
    (piece) => answer.push(piece),
    () => answer.push(Buffer.alloc(0), true),
  );
  new Sink(
    back.reader,
    run,
    (piece) => goal.take(piece),
    () => goal.ended(),
  );
  const source = new Source(there.writer, run);
  source.push(data.subarray(0, PIECE));
  // A pause in which nothing is ready.
  setTimeout(() => source.push(data.subarray(PIECE), true), run.pause);
}

export const pipes: Scenario = {
  name: 'pipes',
  goals: GOALS,
  start(run) {
    startClients(run, (number, gone) => client(run, number, gone));
  },
};
