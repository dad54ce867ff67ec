// A channel on a file that waits for nothing but the exceptional condition.
import { FileDispatcher } from '../../lib/index.ts';

export class Watcher extends FileDispatcher {
  told = 0;
  closes = 0;

  override readable() {
    return false;
  }

  override writable() {
    return false;
  }

  override exceptional() {
    return true;
  }

  override handleExpt() {
    this.told++;
  }

  override handleClose() {
    this.closes++;
    this.close();
  }
}
