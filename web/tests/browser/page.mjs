// Pages for tests: a report that follows the contract of src/report/page, and the shell of the tank, from fixtures.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const web = join(dirname(fileURLToPath(import.meta.url)), "../..");
export const assets = join(web, "../src/report/page/assets");

/** The charts' style sheet, read off the table of inks in src/report/chart/theme.rs. */
export function theme() {
  const source = readFileSync(join(web, "../src/report/chart/theme.rs"), "utf8");
  const rgb = "\\((0x\\w\\w), (0x\\w\\w), (0x\\w\\w)\\)";
  const rows = [...source.matchAll(new RegExp(`"([a-z]+)", ${rgb}, ${rgb}`, "g"))];
  if (rows.length < 20) throw new Error("no inks found");
  const hex = (parts) => `#${parts.map((part) => part.slice(2)).join("")}`;
  const light = rows.map((r) => `--${r[1]}:${hex(r.slice(2, 5))};`).join("");
  const dark = rows.map((r) => `--${r[1]}:${hex(r.slice(5, 8))};`).join("");
  return [
    `:root{color-scheme:light dark;${light}}`,
    `@media (prefers-color-scheme:dark){:root{${dark}}}`,
    `:root[data-theme=light]{color-scheme:light;${light}}`,
    `:root[data-theme=dark]{color-scheme:dark;${dark}}`,
    `@media print{:root,:root[data-theme]{color-scheme:light;${light}}}`,
    ...rows.map((r) => `.f-${r[1]}{fill:var(--${r[1]})}.k-${r[1]}{stroke:var(--${r[1]})}`),
  ].join("\n");
}

export const escape = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
export const json = (value) => JSON.stringify(value).replaceAll("<", "\\u003c");
const hash = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

export function frame(mode, title, body, data, connect) {
  const style = `${theme()}\n${readFileSync(join(assets, "page.css"), "utf8")}`;
  const script = readFileSync(join(assets, "page.js"), "utf8");
  const policy = `default-src 'none'; script-src ${hash(script)}; style-src ${hash(style)}; img-src data:; base-uri 'none'; form-action 'none'${connect ? "; connect-src 'self'" : ""}`;
  const html = `<!doctype html>
<html lang="en" data-mode="${mode}"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>${escape(title)}</title>
<style>${style}</style></head><body>${body}${data}<script>${script}</script></body></html>`;
  return { html, policy };
}

/** A report's page around page data. */
export function report(data) {
  const head = [data.speed, data.harm, { measure: data.harm.measure, statistic: "p99" }];
  const words = (a) => `${data.measures.find((m) => m.name === a.measure).words}, ${a.statistic}`;
  const cell = (s, a) => {
    const v = s.values[a.measure]?.[a.statistic];
    return v ? `<td data-value="${v[0]}">${escape(v[3])}</td>` : "<td>none</td>";
  };
  const still = (id, s) =>
    `<svg id="${id}" viewBox="0 0 900 120" width="900" height="120" role="img" aria-label="${id}">${s
      .map((x, i) => `<g class="mark" data-s="${i}"><title>${escape(x.name)} in ${id}</title><rect x="200" y="${8 + i * 15}" width="${90 + i * 80}" height="11" class="f-${x.ink}"></rect><text class="f-text" x="4" y="${18 + i * 15}" font-size="12">${escape(x.name.slice(0, 24))}</text></g>`)
      .join("")}</svg>`;
  const body = `<a class="skip" href="#main">To the report</a><header class="page"><p class="kind">wavetank report</p><h1>${escape(data.scenario)}: which strategy to take</h1>
<p class="lede">Compared with the baseline, another is faster and costs more.</p></header><main id="main">
<section><h2>The trade-off</h2><p class="verdict">A verdict in words that agree with what is drawn.</p>
<figure id="figure-trade-off">${still("trade-off", data.strategies)}<figcaption>Speed against harm.</figcaption></figure></section>
<section><h2>The numbers</h2><div class="scroll" role="region" aria-label="Strategies" tabindex="0"><table id="strategies"><caption>All strategies</caption><thead><tr><th scope="col">strategy</th>${head
    .map((a) => `<th scope="col" data-measure="${a.measure}" data-statistic="${a.statistic}">${escape(words(a))}</th>`)
    .join("")}</tr></thead><tbody>${data.strategies.map((s, i) => `<tr data-s="${i}"><th scope="row">${escape(s.name)}</th>${head.map((a) => cell(s, a)).join("")}</tr>`).join("")}</tbody></table></div></section>
<section><h2>What goes wrong in the tail</h2><figure id="figure-exceedance">${still("exceedance", data.strategies)}<figcaption>Of bad changes.</figcaption></figure>
<figure id="figure-duration">${still("duration", data.strategies)}<figcaption>Where the time goes.</figcaption></figure>
${data.told.map((t) => `<details class="trial" id="timeline-${t.strategy}-${t.trial}"><summary>${escape(data.strategies[t.strategy].name)}, trial ${t.trial}: ${escape(t.why)}</summary>${still(`picture-${t.strategy}-${t.trial}`, data.strategies)}<pre><code>${escape(t.replay)}</code></pre></details>`).join("")}
</section></main><footer class="page"><p>seed ${data.seed}, model ${data.model}, plan ${data.plan}</p></footer>`;
  return frame("report", `${data.scenario} - wavetank`, body, `<script type="application/json" id="page-data">${json(data)}</script>`, false);
}

/** The tank's shell. */
export function tank(file, text) {
  const body = `<main id="main"><noscript><p>The tank needs scripts.</p></noscript></main>`;
  return frame("tank", `${file} - wavetank`, body, `<script type="application/json" id="tank-data">${json({ file, text, limits: { body: 1 << 20 } })}</script>`, true);
}

/** A fixture's page data. */
export const fixture = (name) => JSON.parse(readFileSync(join(web, "fixtures", `${name}.json`), "utf8"));
