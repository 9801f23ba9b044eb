// The line to the server: one request in flight, the latest wish next, events as they come, and what to do when it is gone.

import type { Failed, Numbers, Setting, StudyAnswer, TrialAnswer } from "./protocol.js";
import { Turn } from "./turn.js";

export interface Wish {
  text: string;
  settings: Setting[];
}

export interface Listener {
  /** A request goes out: what is shown is stale from now on. */
  asked(): void;
  answered(answer: StudyAnswer, wish: Wish): void;
  numbers(numbers: Numbers): void;
  /** The server could not do it, and why. */
  refused(message: string): void;
  /** Another page has begun a study of its own. */
  overtaken(): void;
  /** Whether the server answers. `again`: it does again, after it did not. */
  connected(is: boolean, again: boolean): void;
}

/** How long a lost server is given between two tries, in milliseconds. */
const RETRY = 1000;

export class Live {
  private readonly turn = new Turn<Numbers>();
  private next: Wish | null = null;
  private flying = false;
  private lost = false;
  private events: EventSource | null = null;

  constructor(private readonly listener: Listener) {}

  /** Begins to listen. */
  open(): void {
    this.events?.close();
    const events = new EventSource("/api/events");
    this.events = events;
    events.addEventListener("open", () => {
      if (!this.lost) return;
      this.lost = false;
      this.listener.connected(true, true);
    });
    events.addEventListener("numbers", (event) => this.take(JSON.parse((event as MessageEvent<string>).data) as Numbers));
    events.addEventListener("failed", (event) => {
      const failed = JSON.parse((event as MessageEvent<string>).data) as Failed;
      if (failed.study === this.turn.current) this.listener.refused(failed.message);
    });
    events.addEventListener("error", () => {
      this.lose();
      // A browser tries again by itself only while it thinks that it could help.
      if (events.readyState === EventSource.CLOSED) setTimeout(() => this.open(), RETRY);
    });
    addEventListener("pagehide", () => events.close(), { once: true });
  }

  /** Wants a study of this. What was wanted and not yet sent is forgotten. */
  want(wish: Wish): void {
    this.next = wish;
    if (!this.flying) void this.send();
  }

  /** Whether a wish waits for its turn or for its answer. */
  get busy(): boolean {
    return this.flying || this.next !== null;
  }

  /** One trial of the study that is shown; null if there is none any more. */
  async trial(strategy: number, trial: number): Promise<TrialAnswer | null> {
    const study = this.turn.current;
    if (study === null) return null;
    const response = await this.post("/api/trial", { study, strategy, trial });
    if (response.status === 409) return null;
    if (!response.ok) throw new Error(await reason(response));
    const answer = (await response.json()) as TrialAnswer;
    return study === this.turn.current ? answer : null;
  }

  private async send(): Promise<void> {
    const wish = this.next;
    if (!wish) return;
    this.next = null;
    this.flying = true;
    this.turn.ask();
    this.listener.asked();
    let answer: StudyAnswer | null = null;
    try {
      const response = await this.post("/api/study", { text: wish.text, settings: wish.settings, trials: null });
      if (response.ok) answer = (await response.json()) as StudyAnswer;
      else this.listener.refused(await reason(response));
    } catch {
      this.lose();
    }
    this.flying = false;
    if (answer) this.settle(answer, wish);
    else this.turn.giveUp();
    if (this.next && !this.flying) void this.send();
  }

  /** An answer is there: what it says, and numbers of its study that came before it. */
  private settle(answer: StudyAnswer, wish: Wish): void {
    const early = this.turn.answer(answer.study);
    this.listener.answered(answer, wish);
    // Being told may have made a newer wish, which makes these numbers old.
    if (early && !this.busy) this.listener.numbers(early);
  }

  private post(path: string, body: unknown): Promise<Response> {
    return fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      credentials: "omit",
      cache: "no-store",
    });
  }

  private take(numbers: Numbers): void {
    const what = this.turn.take(numbers);
    if (what === "overtaken") this.listener.overtaken();
    if (what === "show" && this.next === null) this.listener.numbers(numbers);
  }

  private lose(): void {
    if (this.lost) return;
    this.lost = true;
    this.listener.connected(false, false);
  }
}

/** Why the server refused: its sentence, or the status. */
async function reason(response: Response): Promise<string> {
  try {
    const body = (await response.json()) as { error?: unknown };
    if (typeof body.error === "string") return body.error;
  } catch {
    // No JSON: the status must do.
  }
  return `The server answers with status ${response.status}.`;
}
