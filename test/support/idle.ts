// A channel that waits for input alone, and says when it has read.
import { Dispatcher } from '../../lib/index.ts';

export class Idle extends Dispatcher {
  #read = () => {};

  override writable(): boolean {
    return false;
  }

  override handleRead(): void {
    this.recv(64);
    this.#read();
  }

  /** Waits until it reads. */
  reads(): Promise<void> {
    return new Promise((resolve) => {
      this.#read = resolve;
    });
  }
}
