// One trial as an animated fleet: cells of zones, a strip of waves, moments as they come, and a clock of simulated time.

import { announce } from "../announce.js";
import { fresh, h, s, whenResized } from "../dom.js";
import { clock, compact, counted, duration, grouped } from "../format.js";
import { scale } from "../scale.js";
import { Film } from "./fleet.js";
import type { Fleet } from "./protocol.js";

const STRIP = 84;
/** Simulated milliseconds in a second, least and most. */
const SLOWEST = 10_000;
const FASTEST = 2 * 86_400_000;
/** How long a film takes if nobody chooses, in seconds. */
const SHOW = 24;

interface Cell {
  element: HTMLElement;
  fill: HTMLElement;
  count: HTMLElement;
  last: string;
}

export class Player {
  readonly element = h("div", { class: "player" });
  private readonly play = h("button", { type: "button", class: "primary play" }, "Play");
  private readonly scrub = h("input", { type: "range", class: "scrub", "aria-label": "Simulated time", min: 0, value: 0 });
  private readonly speed = h("input", { type: "range", min: 0, max: 100, step: 1, "aria-label": "Speed" });
  private readonly pace = h("output", { class: "pace" });
  private readonly time = h("output", { class: "clock mono" });
  private readonly state = h("p", { class: "fleet-words" });
  private readonly strip = s("svg", { class: "chart strip", "aria-hidden": "true" });
  private readonly head = s("path", { class: "playhead" });
  private readonly grid = h("div", { class: "fleet", role: "img", "aria-label": "The fleet, not loaded yet" });
  private readonly moments = h("ol", { class: "moments" });
  private film: Film | null = null;
  private cells: Cell[] = [];
  private now = 0;
  private before = 0;
  private frame = 0;
  private width = 0;
  private at: ((ms: number) => number) | null = null;

  constructor() {
    const button = (words: string, label: string, act: () => void): HTMLButtonElement =>
      h("button", { type: "button", "aria-label": label, title: label, click: act }, words);
    const bar = h(
      "div",
      { class: "playbar", role: "group", "aria-label": "Playing" },
      this.play,
      button("start", "To the start", () => this.go(0, true)),
      button("\u2190 event", "Previous event", () => this.film && this.go(this.film.previous(this.now), true)),
      button("event \u2192", "Next event", () => this.film && this.go(this.film.next(this.now), true)),
      h("label", { class: "choice" }, h("span", {}, "Speed"), this.speed, this.pace),
      this.time,
    );
    const legend = h(
      "p",
      { class: "note fleet-legend" },
      h("span", { class: "cell key" }, h("span", { class: "fill half" })),
      "filled as far as its hosts have the new version",
      h("span", { class: "cell key ill" }, h("span", { class: "count" }, "\u2717 3")),
      "so many hosts are impaired",
    );
    this.element.append(bar, this.strip, this.scrub, this.state, this.grid, legend, this.moments);
    this.play.addEventListener("click", () => this.toggle());
    this.scrub.addEventListener("input", () => {
      this.pause();
      this.go(Number(this.scrub.value), false);
    });
    this.scrub.addEventListener("change", () => this.say());
    this.speed.addEventListener("input", () => this.showPace());
    this.strip.addEventListener("pointerdown", (event) => this.jump(event));
    whenResized(this.element, (width) => {
      this.width = width;
      this.drawStrip();
    });
  }

  /** Whether simulated time runs. */
  get playing(): boolean {
    return this.frame !== 0;
  }

  /** Shows a trial from its start; or if it is the same `again`, of another study, from where the last one was. */
  load(fleet: Fleet, again: boolean): void {
    const [was, ran] = [again ? this.now : 0, again && this.playing];
    const chosen = again ? this.speed.value : null;
    this.pause();
    this.film = new Film(fleet);
    this.scrub.max = String(fleet.end_ms);
    this.scrub.step = String(Math.max(1, Math.round(fleet.end_ms / 1000)));
    const pace = Math.min(FASTEST, Math.max(SLOWEST, fleet.end_ms / SHOW));
    this.speed.value = String(Math.round((100 * Math.log(pace / SLOWEST)) / Math.log(FASTEST / SLOWEST)));
    if (chosen !== null) this.speed.value = chosen;
    this.showPace();
    this.build(fleet);
    this.drawStrip();
    this.go(was, false);
    this.grid.setAttribute("aria-label", `${duration(this.now)}: ${this.words()}`);
    if (ran) this.toggle();
  }

  /** Whether nothing was played or chosen yet. */
  get untouched(): boolean {
    return !this.playing && this.now === 0;
  }

  /** Goes to an instant. */
  go(ms: number, aloud: boolean): void {
    if (!this.film) return;
    this.now = Math.min(this.film.fleet.end_ms, Math.max(0, ms));
    this.show();
    if (aloud) this.say();
  }

  pause(): void {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    this.play.textContent = "Play";
  }

  private toggle(): void {
    if (this.playing) {
      this.pause();
      this.say();
      return;
    }
    if (!this.film) return;
    if (this.now >= this.film.fleet.end_ms) this.now = 0;
    this.play.textContent = "Pause";
    this.before = performance.now();
    const step = (real: number): void => {
      const end = this.film?.fleet.end_ms ?? 0;
      this.now = Math.min(end, this.now + (Math.max(0, real - this.before) / 1000) * this.msPerSecond());
      this.before = real;
      this.show();
      if (this.now >= end) {
        this.pause();
        this.say();
      } else this.frame = requestAnimationFrame(step);
    };
    this.frame = requestAnimationFrame(step);
  }

  private msPerSecond(): number {
    return SLOWEST * (FASTEST / SLOWEST) ** (Number(this.speed.value) / 100);
  }

  private showPace(): void {
    const words = `${duration(Number(this.msPerSecond().toPrecision(2)))} a second`;
    this.pace.textContent = words;
    this.speed.setAttribute("aria-valuetext", words);
  }

  private build(fleet: Fleet): void {
    this.cells = [];
    const regions = new Map<string, HTMLElement>();
    const boxes: HTMLElement[] = [];
    for (const zone of fleet.zones) {
      let home = regions.get(zone.region);
      if (!home) {
        home = h("div", { class: "cells" });
        regions.set(zone.region, home);
        boxes.push(h("div", { class: "region" }, h("span", { class: "region-name", title: zone.region }, zone.region), home));
      }
      const [fill, count] = [h("span", { class: "fill" }), h("span", { class: "count" })];
      const element = h("span", { class: "cell", title: `${zone.region} ${zone.name}: ${counted(zone.hosts, "host")}` }, fill, count);
      home.append(element);
      this.cells.push({ element, fill, count, last: "" });
    }
    this.grid.classList.toggle("dense", fleet.zones.length > 160);
    this.grid.replaceChildren(...boxes);
    this.moments.replaceChildren(
      ...fleet.moments.map((moment) =>
        h(
          "li",
          { class: `moment ${moment.kind.replace(/[^a-z]/g, "")}` },
          h("button", { type: "button", class: "quiet mono", click: () => this.go(moment.at_ms, true) }, clock(moment.at_ms)),
          h("span", {}, moment.words),
        ),
      ),
    );
  }

  private show(): void {
    const film = this.film;
    if (!film) return;
    this.cells.forEach((cell, index) => {
      const { updated, impaired } = film.zone(index, this.now);
      const key = `${updated} ${impaired}`;
      if (key === cell.last) return;
      cell.last = key;
      const zone = film.fleet.zones[index];
      const hosts = Math.max(1, zone?.hosts ?? 1);
      cell.fill.style.height = `${(100 * updated) / hosts}%`;
      cell.element.classList.toggle("ill", impaired > 0);
      cell.count.textContent = impaired > 0 ? `\u2717 ${compact(impaired)}` : "";
      cell.element.title = `${zone?.region} ${zone?.name}: ${grouped(updated)} of ${counted(hosts, "host")} on the new version, ${grouped(impaired)} impaired`;
    });
    const start = film.fleet.start;
    this.time.textContent = `${clock(this.now)}${start ? ` since ${start}` : ""}`;
    this.scrub.value = String(Math.round(this.now));
    this.scrub.setAttribute("aria-valuetext", duration(this.now));
    this.element.dataset["now"] = String(Math.round(this.now));
    this.state.textContent = this.words();
    if (this.at) this.head.setAttribute("d", `M${this.at(this.now)} 0V${STRIP - 18}`);
    film.fleet.moments.forEach((moment, index) => {
      this.moments.children[index]?.classList.toggle("past", moment.at_ms <= this.now);
    });
  }

  private words(): string {
    const film = this.film;
    if (!film) return "";
    const { updated, impaired, harm } = film.total(this.now);
    const ill = impaired > 0 ? `${counted(impaired, "host")} impaired` : "nobody impaired";
    return `${film.doing(this.now)} \u00b7 ${grouped(updated)} of ${counted(film.hosts, "host")} on the new version \u00b7 ${ill} \u00b7 ${compact(harm / 60_000)} impaired host-minutes so far`;
  }

  private say(): void {
    const words = `${duration(this.now)}: ${this.words()}`;
    this.grid.setAttribute("aria-label", words);
    announce(words);
  }

  private drawStrip(): void {
    const film = this.film;
    if (!film || this.width === 0) return;
    const { width } = this;
    this.strip.setAttribute("viewBox", `0 0 ${width} ${STRIP}`);
    this.strip.setAttribute("height", String(STRIP));
    // The middle of a slider's thumb does not reach the slider's ends.
    const x = scale("duration-ms", "linear", [film.fleet.end_ms / 1.06], [8, width - 8], 90);
    const place = (ms: number): number => 8 + ((width - 16) * ms) / Math.max(1, film.fleet.end_ms);
    this.at = place;
    const clip = fresh("strip");
    const bars = film.fleet.waves.flatMap((wave, i) => {
      const [from, bake, to] = [wave.from_ms, wave.bake_ms, wave.to_ms].map(place) as [number, number, number];
      const room = to - from;
      return [
        s("rect", { x: from, y: 4, width: Math.max(0.5, bake - from), height: 18, class: "f-deploy" }),
        s("rect", { x: bake, y: 4, width: Math.max(0, to - bake), height: 18, class: "f-bake" }),
        s("path", { d: `M${from} 4v18`, class: "k-paper wave-edge" }),
        s("clipPath", { id: `${clip}-${i}` }, s("rect", { x: from, y: 0, width: room, height: 40 })),
        room > 26 ? s("text", { x: from + 3, y: 36, class: "wave-name", "clip-path": `url(#${clip}-${i})` }, wave.name) : null,
      ];
    });
    const ticks = x.ticks.filter((t) => place(t.value) < width - 30).map((t) => s("text", { x: place(t.value), y: STRIP - 4, class: "wave-name", "text-anchor": t.value === 0 ? "start" : "middle" }, t.label));
    const marks = film.fleet.moments.map((moment) => s("path", { d: `M${place(moment.at_ms)} 0v24`, class: `moment-tick ${moment.kind.replace(/[^a-z]/g, "")}` }));
    this.strip.replaceChildren(...bars.filter((bar): bar is NonNullable<typeof bar> => bar !== null), area(film, place), ...ticks, ...marks, this.head);
    this.show();
  }

  private jump(event: PointerEvent): void {
    const box = this.strip.getBoundingClientRect();
    if (!this.film || box.width === 0) return;
    this.pause();
    this.go(((event.clientX - box.x - 8) / (box.width - 16)) * this.film.fleet.end_ms, true);
  }
}

/** Impaired hosts over time, as an area under the waves: its height is a share of the most at once. */
function area(film: Film, place: (ms: number) => number): SVGPathElement {
  const [top, bottom] = [42, STRIP - 20];
  const worst = Math.max(1, film.worst);
  const y = (hosts: number): number => bottom - ((bottom - top) * hosts) / worst;
  let d = `M${place(0)} ${bottom}`;
  for (const [at, hosts] of film.impairment()) d += `H${place(at).toFixed(1)}V${y(hosts).toFixed(1)}`;
  return s("path", { d: `${d}H${place(film.fleet.end_ms)}V${bottom}Z`, class: "f-harm harm-area" });
}
