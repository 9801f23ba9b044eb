// A server that speaks as src/serve does, over fixtures: what the page's tests need, and nothing is simulated. Numbers follow the
// first knob: with longer bakes strategy 0 is slower and safer.
import { createServer } from "node:http";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fixture, tank, web } from "./page.mjs";

const PATH = "strategy.careful.one-box.bake";
const MINUTE = 60_000;

export async function stub({ name = "small", step = 40, hostile = false } = {}) {
  const original = readFileSync(join(web, "fixtures/small.toml"), "utf8");
  const evil = '</script><img src=x onerror="window.hacked=1">';
  const file = hostile ? `${evil}.toml` : "small.toml";
  let study = 0;
  let last = null;
  const clients = new Set();
  const requests = [];
  const timers = new Set();
  const page = tank(file, original);

  const bakeOf = (text) => /one-box = \{ hosts = 1, bake = "(?:(\d+)h)?(?:(\d+)m)?" \}/.exec(text);
  const minutes = (text) => {
    const found = bakeOf(text);
    return found ? Number(found[1] ?? 0) * 60 + Number(found[2] ?? 0) : 30;
  };
  const send = (event, data) => {
    for (const client of clients) client.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  };
  const numbers = (text, id, trials, of) => {
    const data = fixture(name);
    const factor = 30 / Math.max(1, minutes(text));
    const noise = Math.sqrt(of / trials);
    data.trials = trials;
    data.strategies.forEach((s, i) => {
      if (hostile) s.name = `${s.name} ${evil}`;
      for (const [measure, statistics] of Object.entries(s.values)) {
        for (const v of Object.values(statistics)) {
          const by = i === 0 ? (measure.endsWith("_ms") && measure !== "impaired_host_ms" ? 1 / factor ** 0.3 : factor ** 0.7) : 1;
          v[0] *= by;
          v[1] = v[1] === null ? null : v[0] - (v[0] - v[1] * by) * noise * 0.5;
          v[2] = v[2] === null ? null : v[0] + Math.abs(v[2] * by - v[0]) * noise;
          v[3] = `${v[0].toPrecision(3)} at ${trials}`;
        }
      }
    });
    if (trials < of) data.told = [];
    const figure = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 40"><script>window.hacked=1</script><a href="javascript:window.hacked=1"><text x="200" y="20" class="f-text" font-size="12">a link</text></a><text x="4" y="20" class="f-text" font-size="12">duration of ${id}</text></svg>`;
    return { study: id, trials, of, final: trials === of, page: data, figures: trials === of ? { duration: figure, exceedance: figure } : {} };
  };
  const run = (text, id) => {
    for (const timer of timers) clearTimeout(timer);
    timers.clear();
    [200, 600, 2000, 4000].forEach((trials, i) => {
      const timer = setTimeout(() => {
        timers.delete(timer);
        last = numbers(text, id, trials, 4000);
        send("numbers", last);
      }, step * (i + 1));
      timers.add(timer);
    });
  };
  const answer = ({ text, settings }) => {
    let changed = text;
    const elsewhere = [];
    for (const [path, toml] of settings) {
      if (path === PATH) changed = changed.replace(/(one-box = \{ hosts = 1, bake = )"[^"]*"/, `$1${toml}`);
      else elsewhere.push([path, toml]);
    }
    const line = changed.split("\n").findIndex((l) => l.includes("brokenn")) + 1;
    const problems = line ? [{ severity: "error", rule: "WT001", message: `unknown key brokenn ${hostile ? evil : ""}`, line, column: 1, end_line: line, end_column: 8, help: ["did you mean `broken`?"] }] : [];
    study += 1;
    if (!line) run(changed, study);
    const now = minutes(changed) * MINUTE;
    const group = hostile ? evil : "careful";
    const knobs = line
      ? []
      : [
          { path: PATH, label: "one-box bake", group, kind: "duration", value: `"${bakeOf(changed)?.[0].match(/bake = "(.*)"/)[1] ?? "30m"}"`, low: 0, high: 4 * 60 * MINUTE, step: MINUTE, now },
          { path: "change.bad-probability", label: "bad changes", group: "change", kind: "share", value: '"20%"', low: 0, high: 1, step: 0.01, now: 0.2, file: "other.toml" },
          { path: "alarm.zone-errors.datapoints", label: "order of regions", group: "careful", kind: "choice", value: '["a", "b"]', options: ['["a", "b"]', '["b", "a"]'], low: 0, high: 1, step: 1, now: 0 },
        ];
    return { study: line ? null : study, text: changed, problems, knobs, gate: "wavetank gate small.toml", gantt: line ? null : '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 30"><text x="4" y="20" class="f-text" font-size="12">plan</text></svg>', elsewhere };
  };
  const routes = {
    "/api/study": answer,
    "/api/trial": ({ study: id, strategy, trial }) => (id === study ? { figure: `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 30"><text x="4" y="20" font-size="12" class="f-text">trial ${trial} of ${strategy}</text></svg>`, fleet: fleet(hostile ? evil : "") } : null),
  };
  const server = createServer((request, response) => {
    response.setHeader("Cache-Control", "no-store");
    if (request.url === "/") {
      response.setHeader("Content-Type", "text/html; charset=utf-8");
      response.setHeader("Content-Security-Policy", page.policy);
      response.end(page.html);
    } else if (request.url === "/api/events") {
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      response.write(": hello\n\n");
      if (last) response.write(`event: numbers\ndata: ${JSON.stringify(last)}\n\n`);
      clients.add(response);
      request.on("close", () => clients.delete(response));
    } else if (routes[request.url] && request.method === "POST") {
      let body = "";
      request.on("data", (chunk) => (body += chunk));
      request.on("end", () => {
        const given = JSON.parse(body);
        requests.push([request.url, given]);
        if (given.settings?.some(([, toml]) => toml.includes("nonsense"))) {
          response.writeHead(422, { "Content-Type": "application/json" });
          response.end(JSON.stringify({ error: "nonsense is no value." }));
          return;
        }
        const said = routes[request.url](given);
        response.writeHead(said ? 200 : 409, { "Content-Type": "application/json" });
        response.end(JSON.stringify(said ?? { error: "That study is no more." }));
      });
    } else response.writeHead(404).end();
  });
  const listen = (port) => new Promise((done) => server.listen(port, "127.0.0.1", done));
  await listen(0);
  const { port } = server.address();
  const stop = () =>
    new Promise((done) => {
      for (const timer of timers) clearTimeout(timer);
      server.close(done);
      server.closeAllConnections();
    });
  return {
    url: `http://127.0.0.1:${port}/`,
    requests,
    original,
    stop,
    start: () => listen(port),
    /** As if another page had begun a study. */
    elsewhere: () => {
      study += 1;
      run(original, study);
    },
    /** Events of a study that was overtaken. */
    late: (id) => send("numbers", numbers('one-box = { hosts = 1, bake = "1m" }', id, 4000, 4000)),
  };
}

/** A small fleet in which a defect shows after the second wave and is rolled back. */
export function fleet(evil = "") {
  const zones = [["ap-south", 2, 8], ["eu-west", 3, 12], ["us-east", 3, 20]].flatMap(([region, count, hosts]) =>
    Array.from({ length: count }, (_, i) => ({ region: region + evil, name: "abc"[i], hosts })),
  );
  const changes = [];
  const done = zones.map(() => 0);
  zones.forEach((zone, i) => {
    if (i > 4) return;
    for (let part = 1; part <= 4; part += 1) {
      done[i] = Math.round((zone.hosts * part) / 4);
      changes.push([(i * 40 + part * 8) * MINUTE, i, done[i], 0]);
    }
  });
  changes.push([215 * MINUTE, 2, 12, 3], [216 * MINUTE, 3, 12, 5], [217 * MINUTE, 4, 12, 12]);
  [4, 3, 2, 1, 0].forEach((i, n) => changes.push([(226 + 4 * n) * MINUTE, i, 0, 0]));
  return {
    end_ms: 260 * MINUTE,
    start: "Mon 09:00 UTC",
    zones,
    changes,
    waves: [
      { name: "small", from_ms: 0, bake_ms: 72 * MINUTE, to_ms: 80 * MINUTE },
      { name: "medium", from_ms: 80 * MINUTE, bake_ms: 200 * MINUTE, to_ms: 222 * MINUTE },
    ],
    moments: [
      { at_ms: 215 * MINUTE, kind: "onset", words: "the defect shows" },
      { at_ms: 219 * MINUTE, kind: "alarm", words: `zone-errors fires ${evil}` },
      { at_ms: 222 * MINUTE, kind: "rollback", words: "everything rolls back" },
      { at_ms: 242 * MINUTE, kind: "mitigated", words: "nobody is impaired any more" },
    ],
  };
}
