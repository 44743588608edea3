/**
 * JSON with the line that each value stands on, and with an error for keys that stand there twice:
 * for files that people edit and merge. It knows objects, strings, whole numbers and booleans, which
 * is all that the lock is made of.
 *
 * @module
 */

/** A value and where it stands. */
export interface Located {
  /** From 1. */
  readonly line: number;
  readonly value: string | number | boolean | LocatedObject;
}

/** An object's members, in their order. */
export type LocatedObject = ReadonlyMap<string, Located>;

/** What is wrong with a file, and where. */
export class LineError extends Error {
  override readonly name = "LineError";
  readonly line: number;

  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

const TOKEN = /\s*("(?:[^"\\\n]|\\.)*"|[{}:,]|(?:-?[1-9]\d*|0)(?![\d.eE])|true|false)/y;

/**
 * Reads a whole text.
 *
 * @throws {LineError}
 */
export function parseLocatedJson(text: string): Located {
  const parser = new Parser(text);
  const value = parser.readValue();
  parser.expectEnd();
  return value;
}

class Parser {
  readonly #text: string;
  #at = 0;
  #line = 1;

  constructor(text: string) {
    this.#text = text;
  }

  readValue(): Located {
    const token = this.#next("a value");
    const line = this.#line;
    if (token === "{") return { line, value: this.#readMembers() };
    if (/^[:,}]/.test(token)) throw new LineError(line, `has "${token}" where a value should be`);
    return { line, value: token.startsWith('"') ? this.#unquote(token) : JSON.parse(token) };
  }

  expectEnd(): void {
    const rest = this.#text.slice(this.#at);
    if (rest.trim() === "") return;
    const line = this.#line + rest.slice(0, rest.search(/\S/)).split("\n").length - 1;
    throw new LineError(line, "goes on after the end of its JSON");
  }

  #readMembers(): LocatedObject {
    const members = new Map<string, Located>();
    let token = this.#next('a name or "}"');
    while (token !== "}") {
      const line = this.#line;
      if (!token.startsWith('"')) throw new LineError(line, `has ${token} where a name should be`);
      const name = this.#unquote(token);
      const former = members.get(name);
      if (former) throw new LineError(line, `has "${name}" again, after line ${former.line}`);
      this.#expect(":");
      members.set(name, { ...this.readValue(), line });
      token = this.#next('"," or "}"');
      if (token === "}") break;
      if (token !== ",") throw new LineError(this.#line, `has ${token} where a comma should be`);
      token = this.#next("a name");
      if (token === "}") throw new LineError(this.#line, "has a comma too many before it");
    }
    return members;
  }

  #expect(wanted: string): void {
    const token = this.#next(`"${wanted}"`);
    if (token !== wanted) throw new LineError(this.#line, `has ${token} instead of "${wanted}"`);
  }

  #next(wanted: string): string {
    TOKEN.lastIndex = this.#at;
    const [whole, token] = TOKEN.exec(this.#text) ?? [];
    if (whole === undefined || token === undefined) throw this.#unreadable(wanted);
    this.#pass(whole);
    return token;
  }

  #unreadable(wanted: string): LineError {
    const rest = this.#text.slice(this.#at);
    const blanks = rest.slice(0, rest.search(/\S|$/));
    this.#pass(blanks);
    const [found = ""] = /^\S{0,20}/.exec(rest.slice(blanks.length)) ?? [];
    return new LineError(
      this.#line,
      found === "" ? `ends where ${wanted} should be` : `has ${found} where ${wanted} should be`,
    );
  }

  #pass(text: string): void {
    this.#at += text.length;
    this.#line += text.split("\n").length - 1;
  }

  #unquote(token: string): string {
    try {
      return JSON.parse(token);
    } catch {
      throw new LineError(this.#line, `has ${token}, which is no string of JSON`);
    }
  }
}
