// Perfetto's own trace processor, asked in SQL: node .ci/trace-processor.mjs UI-FOLDER TRACE [FILE.sql ...]
//
// UI-FOLDER is a build of Perfetto's page: its trace processor as WebAssembly and the script that speaks to it. That script is run as it
// is, in a context that looks like the browser's worker; what is written here is the other end of its byte pipe: the few messages of
// protos/perfetto/trace_processor/trace_processor.proto that load a trace and ask for rows. Each file may hold several statements;
// the rows of each are printed with a line of titles, columns separated by " | ". Without files, SQL is read from standard input.
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import vm from "node:vm";

const [folder, traceFile, ...sqlFiles] = process.argv.slice(2);

/** Runs the page's engine over its WebAssembly; gives the end of its byte pipe: `send` takes bytes, `onBytes` is handed answers. */
async function engine() {
  const port = { onmessage: null, postMessage: (chunk) => pipe.onBytes(Buffer.from(chunk)) };
  const pipe = { onBytes: () => {}, send: (chunk) => port.onmessage({ data: own(chunk) }) };
  const silent = () => {};
  // What a worker has, and no `process`, by which the script would take this for node and look for files in its own way.
  const scope = {
    console: { log: silent, warn: silent, error: silent },
    WorkerGlobalScope: class {},
    XMLHttpRequest: FromFolder,
    location: { href: "file:///engine_bundle.js" },
  };
  Object.assign(scope, { self: scope, TextDecoder, TextEncoder, URL, performance, crypto, setTimeout });
  vm.createContext(scope);
  // Bytes are of the kind that the context itself knows.
  const own = vm.runInContext("(chunk) => Uint8Array.from(chunk)", scope);
  vm.runInContext(readFileSync(join(folder, "engine_bundle.js"), "utf8"), scope, { filename: "engine_bundle.js" });
  scope.onmessage({ data: port });
  // It opens its pipe in a promise once the module runs.
  await new Promise((done) => setTimeout(done, 0));
  return pipe;
}

/** The synchronous request by which a worker gets its WebAssembly: answered from the folder. */
class FromFolder {
  open(_method, url) { this.file = join(folder, basename(String(url))); }
  send() { this.response = readFileSync(this.file); }
}

// Protocol buffers: what is needed of them.

function varint(value) {
  const bytes = [];
  let rest = BigInt(value);
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
}
const number = (field, value) => Buffer.concat([varint(field << 3), varint(value)]);
const bytes = (field, value) => Buffer.concat([varint((field << 3) | 2), varint(value.length), value]);

/** The fields of a message: number, and value as BigInt or bytes. */
function* fields(buffer) {
  let at = 0;
  const read = () => {
    let [value, shift] = [0n, 0n];
    for (;;) {
      const byte = buffer[at++];
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
      shift += 7n;
    }
  };
  while (at < buffer.length) {
    const tag = Number(read());
    const [field, kind] = [tag >>> 3, tag & 7];
    if (kind === 0) yield [field, read()];
    else if (kind === 1) yield [field, buffer.subarray(at, (at += 8))];
    else if (kind === 5) yield [field, buffer.subarray(at, (at += 4))];
    else if (kind === 2) {
      const length = Number(read());
      yield [field, buffer.subarray(at, (at += length))];
    } else throw new Error(`wire type ${kind}`);
  }
}

const APPEND = 1, FINALIZE = 2, QUERY = 3;

class TraceProcessor {
  constructor(port) {
    [this.port, this.sent, this.received] = [port, 0, Buffer.alloc(0)];
    port.onBytes = (chunk) => { this.received = Buffer.concat([this.received, chunk]); };
  }
  /** Sends one request and gives the messages that answer it: the engine answers before the call returns. */
  ask(method, argument = Buffer.alloc(0)) {
    const message = Buffer.concat([number(1, this.sent++), number(2, method), argument]);
    this.received = Buffer.alloc(0);
    this.port.send(bytes(1, message));
    const answers = [...fields(this.received)].map(([, answer]) => [...fields(answer)]);
    for (const [field, value] of answers.flat()) {
      if (field === 5) throw new Error(value.toString());
    }
    return answers.flat();
  }
  load(trace) {
    for (let at = 0; at < trace.length; at += 1 << 20) {
      for (const [field, value] of this.ask(APPEND, bytes(101, trace.subarray(at, at + (1 << 20))))) {
        const error = field === 201 && [...fields(value)].find(([inner]) => inner === 2);
        if (error) throw new Error(error[1].toString());
      }
    }
    this.ask(FINALIZE);
  }
  query(sql) {
    const [columns, values] = [[], []];
    for (const [field, result] of this.ask(QUERY, bytes(103, bytes(1, Buffer.from(sql))))) {
      if (field !== 203) continue;
      for (const [inner, value] of fields(result)) {
        if (inner === 1) columns.push(value.toString());
        else if (inner === 2 && value.length) throw new Error(`${value}\nin: ${sql}`);
        else if (inner === 3) values.push(...cells(value));
      }
    }
    const rows = [];
    for (let at = 0; at < values.length; at += columns.length) rows.push(values.slice(at, at + columns.length));
    return { columns, rows };
  }
}

/** The cells of a batch in their order. */
function cells(batch) {
  const [kinds, integers, floats] = [[], [], []];
  let texts = [];
  for (const [field, value] of fields(batch)) {
    if (field === 1) kinds.push(...value);
    else if (field === 2) integers.push(...packed(value));
    else if (field === 3) for (let at = 0; at < value.length; at += 8) floats.push(Buffer.from(value).readDoubleLE(at));
    else if (field === 5) texts = value.toString().split("\0");
  }
  const next = { 1: () => null, 2: () => integers.shift(), 3: () => floats.shift(), 4: () => texts.shift(), 5: () => "(blob)" };
  return kinds.map((kind) => next[kind]());
}

function packed(buffer) {
  const all = [];
  for (let at = 0; at < buffer.length; ) {
    let [value, shift] = [0n, 0n];
    for (;;) {
      const byte = buffer[at++];
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) break;
      shift += 7n;
    }
    all.push(BigInt.asIntN(64, value));
  }
  return all;
}

/** Statements of a script: lines of comment go, a semicolon at the end of a line ends one. */
function statements(text) {
  const code = text.split("\n").filter((line) => !line.trimStart().startsWith("--")).join("\n");
  return code.split(/;\s*(?:\n|$)/).map((one) => one.trim()).filter(Boolean);
}

const processor = new TraceProcessor(await engine());
processor.load(readFileSync(traceFile));
const scripts = sqlFiles.length > 0 ? sqlFiles : [0];
for (const script of scripts) {
  for (const sql of statements(readFileSync(script, "utf8"))) {
    const { columns, rows } = processor.query(sql);
    if (columns.length === 0) continue;
    console.log(columns.join(" | "));
    for (const row of rows) console.log(row.map((cell) => (cell === null ? "" : String(cell))).join(" | "));
    console.log("");
  }
}
