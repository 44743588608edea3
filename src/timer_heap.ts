/**
 * Timers that are started and called off by the thousand, as deadlines are: a heap of them, with one
 * timer of the platform for the one that is due next.
 *
 * @module
 */

/** The longest that `setTimeout` takes, 2^31 - 1 ms or 24.8 days: anything above fires at once. */
const MAX_TIMER_MS = 0x7fff_ffff;

/** Fewer than this that were called off are not worth clearing away. */
const MIN_SWEPT = 64;

/** Something to be done at some moment. */
export class HeapTimer {
  /** When it is due, by `performance.now()`. */
  readonly at: number;
  /** What is done then; `undefined` once it is done or called off. */
  callback: (() => void) | undefined;

  constructor(at: number, callback: () => void) {
    this.at = at;
    this.callback = callback;
  }
}

let heap: HeapTimer[] = [];
let calledOff = 0;
let armedFor = Infinity;
let timer: ReturnType<typeof setTimeout> | undefined;

/**
 * Starts a timer.
 *
 * @param at When it is due, by `performance.now()`.
 */
export function startTimer(at: number, callback: () => void): HeapTimer {
  const entry = new HeapTimer(at, callback);
  push(entry);
  if (at < armedFor) arm(at);
  return entry;
}

/** Calls a timer off. Does nothing if it was called off, or has fired. */
export function stopTimer(entry: HeapTimer): void {
  if (entry.callback === undefined) return;
  entry.callback = undefined;
  calledOff++;
  if (calledOff === heap.length) clear();
  else if (calledOff > MIN_SWEPT && calledOff > heap.length / 2) sweep();
}

/** Number of timers that will fire. */
export function timerCount(): number {
  return heap.length - calledOff;
}

function arm(at: number): void {
  clearTimeout(timer);
  armedFor = at;
  const ms = Math.ceil(Math.max(0, at - performance.now()));
  timer = setTimeout(fire, Math.min(ms, MAX_TIMER_MS));
}

function fire(): void {
  timer = undefined;
  armedFor = Infinity;
  const now = performance.now();
  while (heap.length > 0 && heap[0]!.at <= now) {
    const entry = pop();
    const { callback } = entry;
    entry.callback = undefined;
    if (callback === undefined) calledOff--;
    else callback();
  }
  if (calledOff === heap.length) clear();
  // A callback may have started one that is due earlier, and armed the timer for it.
  else if (heap[0]!.at < armedFor) arm(heap[0]!.at);
}

/** Nothing is left to wait for, and nothing shall keep the process alive. */
function clear(): void {
  heap.length = 0;
  calledOff = 0;
  clearTimeout(timer);
  timer = undefined;
  armedFor = Infinity;
}

/** Leaves out what was called off. An array in order is a heap. */
function sweep(): void {
  heap = heap.filter(({ callback }) => callback !== undefined).sort((a, b) => a.at - b.at);
  calledOff = 0;
}

function push(entry: HeapTimer): void {
  let index = heap.length;
  heap.push(entry);
  while (index > 0) {
    const parent = (index - 1) >> 1;
    if (heap[parent]!.at <= entry.at) break;
    heap[index] = heap[parent]!;
    index = parent;
  }
  heap[index] = entry;
}

function pop(): HeapTimer {
  const first = heap[0]!;
  const last = heap.pop()!;
  if (heap.length === 0) return first;
  let index = 0;
  while (true) {
    let child = 2 * index + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && heap[child + 1]!.at < heap[child]!.at) child++;
    if (heap[child]!.at >= last.at) break;
    heap[index] = heap[child]!;
    index = child;
  }
  heap[index] = last;
  return first;
}
