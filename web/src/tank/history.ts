// The states that one can go back to.

export class History<T> {
  private past: T[] = [];
  private future: T[] = [];

  constructor(
    private now: T,
    private readonly same: (a: T, b: T) => boolean,
  ) {}

  get present(): T {
    return this.now;
  }

  get canUndo(): boolean {
    return this.past.length > 0;
  }

  get canRedo(): boolean {
    return this.future.length > 0;
  }

  /** A new state; what was undone is forgotten. With `merge` it takes the place of the last one: the same knob turned on.
   * False if it is the state of now. */
  push(state: T, merge: boolean): boolean {
    if (this.same(state, this.now)) return false;
    if (!merge) this.past.push(this.now);
    this.future = [];
    this.now = state;
    return true;
  }

  undo(): T | null {
    const state = this.past.pop();
    if (state === undefined) return null;
    this.future.push(this.now);
    this.now = state;
    return state;
  }

  redo(): T | null {
    const state = this.future.pop();
    if (state === undefined) return null;
    this.past.push(this.now);
    this.now = state;
    return state;
  }
}
