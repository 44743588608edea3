/**
 * What clients of the soak count.
 *
 * @module
 */

/** The numbers of a run, or of a part of it. */
export interface Counts {
  /** Calls, by client and then by kind of method. */
  readonly calls: Record<string, Record<string, number>>;
  /** Codes, by what the client did. */
  readonly codes: Record<string, Record<string, number>>;
  /** What must not have happened; the first of it. */
  readonly unexpected: string[];
  /** Connections that were broken off, and closed. */
  readonly connections: { destroyed: number; closed: number };
  /** The certificates that servers have shown. */
  readonly certificates: string[];
}

const MOST_UNEXPECTED = 20;

/** Counts calls as they end. */
export class Tally implements Counts {
  readonly calls: Counts["calls"] = {};
  readonly codes: Counts["codes"] = {};
  readonly unexpected: string[] = [];
  readonly connections: Counts["connections"] = { destroyed: 0, closed: 0 };
  readonly certificates: string[] = [];

  /** Notes how a call ended. */
  note({ client, kind, title, code }: Record<"client" | "kind" | "title" | "code", string>): void {
    increase(this.calls[client] ??= {}, kind);
    increase(this.codes[title] ??= {}, code);
  }

  /** Notes what should not be. */
  complain(what: string): void {
    if (this.unexpected.length < MOST_UNEXPECTED) this.unexpected.push(what);
  }

  /** Notes the certificate of a server. */
  see(fingerprint: string): void {
    if (!this.certificates.includes(fingerprint)) this.certificates.push(fingerprint);
  }
}

function increase(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1;
}
