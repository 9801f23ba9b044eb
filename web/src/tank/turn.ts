// Whose numbers may be shown. A study that was overtaken never shows, whatever order answers and events come in.

interface Of {
  study: number;
}

export class Turn<N extends Of> {
  /** The study of the last answer; null: none, or the text has errors. */
  private wanted: number | null = null;
  private asking = false;
  private held: N | null = null;

  /** A request is on its way: until it is answered no numbers are of what is asked. */
  ask(): void {
    this.asking = true;
    this.held = null;
  }

  /** The request is answered. Returns numbers of this study that came before the answer. */
  answer(study: number | null): N | null {
    this.asking = false;
    this.wanted = study;
    const early = this.held?.study === study ? this.held : null;
    this.held = null;
    return early;
  }

  /** The request failed: what was wanted before is wanted still. */
  giveUp(): void {
    this.asking = false;
  }

  /** Numbers have come: to be shown, of a study that is not ours to show, or of one that another page began. */
  take(numbers: N): "show" | "ignore" | "overtaken" {
    if (this.asking) {
      this.held = numbers;
      return "ignore";
    }
    if (numbers.study === this.wanted) return "show";
    return this.wanted !== null && numbers.study > this.wanted ? "overtaken" : "ignore";
  }

  /** The study whose numbers may be shown now. */
  get current(): number | null {
    return this.asking ? null : this.wanted;
  }
}
