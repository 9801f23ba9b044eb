// The difference between two texts as a patch that `git apply` and `patch -p1` take: computed here, nothing is sent.

const CONTEXT = 3;

interface Edit {
  kind: " " | "-" | "+";
  /** The line with its end. */
  line: string;
}

/** Lines with their ends: the last one may have none. */
export function lines(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/** A unified diff from `before` to `after` of the file; empty if they are equal. */
export function patch(file: string, before: string, after: string): string {
  if (before === after) return "";
  const edits = script(lines(before), lines(after));
  const out = [`--- ${name("a", file)}\n`, `+++ ${name("b", file)}\n`];
  for (const [from, to] of hunks(edits)) out.push(hunk(edits, from, to));
  return out.join("");
}

/** The edited text, in which lines that are as before keep their line ends: a text field knows only one kind. */
export function restoreEnds(original: string, edited: string): string {
  if (!original.includes("\r")) return edited;
  const old = lines(original);
  const most = old.filter((line) => line.endsWith("\r\n")).length * 2 >= old.length ? "\r\n" : "\n";
  const plain = (line: string): string => line.replace(/\r?\n$/, "\n");
  let at = 0;
  const out: string[] = [];
  for (const edit of script(old.map(plain), lines(edited.replace(/\r\n/g, "\n")))) {
    if (edit.kind === "+") out.push(edit.line.replace(/\n$/, most));
    else {
      if (edit.kind === " ") out.push(old[at] as string);
      at += 1;
    }
  }
  return out.join("");
}

/** A path of a patch: quoted as git does if it has letters that would break the line. */
function name(side: string, file: string): string {
  const path = `${side}/${file.replace(/^\/+/, "")}`;
  if (!/["\\\n\t\r]/.test(path)) return path.includes(" ") ? `${path}\t` : path;
  const named: Record<string, string> = { '"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r" };
  return `"${path.replace(/["\\\n\t\r]/g, (c) => named[c] as string)}"`;
}

/** Ranges of edits that belong together: changes with their context. */
function hunks(edits: Edit[]): [number, number][] {
  const out: [number, number][] = [];
  edits.forEach((edit, index) => {
    if (edit.kind === " ") return;
    const [from, to] = [Math.max(0, index - CONTEXT), Math.min(edits.length, index + CONTEXT + 1)];
    const last = out[out.length - 1];
    if (last && from <= last[1]) last[1] = to;
    else out.push([from, to]);
  });
  return out;
}

function hunk(edits: Edit[], from: number, to: number): string {
  const count = (of: Edit[], without: string): number => of.filter((edit) => edit.kind !== without).length;
  const [before, here] = [edits.slice(0, from), edits.slice(from, to)];
  const range = (without: string): string => {
    const [start, length] = [count(before, without), count(here, without)];
    // A range without lines names the line before it.
    return `${length === 0 ? start : start + 1}${length === 1 ? "" : `,${length}`}`;
  };
  const body = here.map((edit) => `${edit.kind}${edit.line}${edit.line.endsWith("\n") ? "" : "\n\\ No newline at end of file\n"}`);
  return `@@ -${range("+")} +${range("-")} @@\n${body.join("")}`;
}

/** The shortest edit script between two lists of lines (Myers 1986), the same for the same lists. */
function script(before: string[], after: string[]): Edit[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start += 1;
  let end = 0;
  while (end < before.length - start && end < after.length - start && before[before.length - 1 - end] === after[after.length - 1 - end]) {
    end += 1;
  }
  const same = (line: string): Edit => ({ kind: " ", line });
  return [
    ...before.slice(0, start).map(same),
    ...middle(before.slice(start, before.length - end), after.slice(start, after.length - end)),
    ...before.slice(before.length - end).map(same),
  ];
}

function middle(a: string[], b: string[]): Edit[] {
  const max = a.length + b.length;
  const all = (kind: "-" | "+", from: string[]): Edit[] => from.map((line) => ({ kind, line }));
  // Two texts of nothing in common: not worth a search that is quadratic.
  if (a.length === 0 || b.length === 0 || max > 20_000) return [...all("-", a), ...all("+", b)];
  const furthest = new Map<number, number>([[1, 0]]);
  const trace: Map<number, number>[] = [];
  for (let d = 0; d <= max; d += 1) {
    trace.push(new Map(furthest));
    for (let k = -d; k <= d; k += 2) {
      const down = k === -d || (k !== d && (furthest.get(k - 1) ?? -1) < (furthest.get(k + 1) ?? -1));
      let x = down ? (furthest.get(k + 1) ?? 0) : (furthest.get(k - 1) ?? 0) + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x += 1;
      furthest.set(k, x);
      if (x >= a.length && x - k >= b.length) return back(a, b, trace);
    }
  }
  return [...all("-", a), ...all("+", b)];
}

function back(a: string[], b: string[], trace: Map<number, number>[]): Edit[] {
  const out: Edit[] = [];
  let [x, y] = [a.length, b.length];
  for (let d = trace.length - 1; d >= 0; d -= 1) {
    const furthest = trace[d] as Map<number, number>;
    const k = x - y;
    const down = k === -d || (k !== d && (furthest.get(k - 1) ?? -1) < (furthest.get(k + 1) ?? -1));
    const from = down ? k + 1 : k - 1;
    const [px, py] = [furthest.get(from) ?? 0, (furthest.get(from) ?? 0) - from];
    while (x > px && y > py && x > 0 && y > 0) {
      x -= 1;
      y -= 1;
      out.push({ kind: " ", line: a[x] as string });
    }
    if (d === 0) break;
    if (down) out.push({ kind: "+", line: b[(y -= 1)] as string });
    else out.push({ kind: "-", line: a[(x -= 1)] as string });
  }
  return out.reverse();
}
