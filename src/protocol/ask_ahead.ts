/**
 * Readers that ask for a message before they have the time for it.
 *
 * @module
 */

/**
 * Lets a handler ask ahead. If its client leaves while it is busy with something else, nobody awaits
 * the promise that fails then, and that would end the process.
 */
export function letAskAhead<T>(messages: AsyncIterable<T>): AsyncIterableIterator<T> {
  const iterator = messages[Symbol.asyncIterator]();
  return {
    next() {
      const step = iterator.next();
      step.catch(() => {});
      return step;
    },
    return: (value) => iterator.return?.(value) ?? Promise.resolve({ done: true, value }),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
