/**
 * The fields of a request, or of its trailers, and what HTTP/2 asks of them together (RFC 9113,
 * sections 8.1 to 8.3).
 *
 * @module
 */

import { type Field, FIELD_KIND } from "./field.ts";

/** Header fields by name; one that came several times has its values joined. */
export type FieldRecord = Readonly<Record<string, string>>;

/**
 * A header list. It may be that of several requests which sent the same block, so nobody but its
 * decoder changes it.
 */
export class HeaderList {
  /** Names and values in turn, without pseudo-fields. A character is a byte of the wire. */
  readonly fields: readonly string[];
  method: string | undefined;
  scheme: string | undefined;
  path: string | undefined;
  /** What `content-length` says, in bytes. */
  contentLength: number | undefined;
  /** Its length, as section 6.5.2 counts it. */
  bytes = 0;
  /**
   * Why a message with these fields is malformed, whatever it is: a stream error, PROTOCOL_ERROR
   * (section 8.1.1). See also {@linkcode requestFault} and {@linkcode trailersFault}.
   */
  fault: string | undefined;

  readonly #fields: string[] = [];
  readonly #maxBytes: number;
  #authority: string | undefined;
  #host: string | undefined;
  #record: FieldRecord | undefined;

  /** @param maxBytes Of how much the fields are kept: those that would exceed it are dropped. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
    this.fields = this.#fields;
  }

  /** Host and port that the client called, which may be in `host` as in HTTP/1.1. */
  get authority(): string | undefined {
    return this.#authority ?? this.#host;
  }

  /** Whether it is longer than is taken, so that fields are missing. */
  get isTooLong(): boolean {
    return this.bytes > this.#maxBytes;
  }

  /** The fields by name, without pseudo-fields. */
  get record(): FieldRecord {
    return this.#record ??= toRecord(this.fields);
  }

  /** Puts a field at the end. */
  add(field: Field): void {
    this.bytes += field.bytes;
    if (field.fault !== undefined) this.fault ??= field.fault;
    if (this.bytes > this.#maxBytes) return;
    switch (field.kind) {
      case FIELD_KIND.method:
        this.#notePseudo(field, this.method);
        this.method = field.value;
        return;
      case FIELD_KIND.scheme:
        this.#notePseudo(field, this.scheme);
        this.scheme = field.value;
        return;
      case FIELD_KIND.authority:
        this.#notePseudo(field, this.#authority);
        this.#authority = field.value;
        return;
      case FIELD_KIND.path:
        this.#notePseudo(field, this.path);
        this.path = field.value;
        return;
      case FIELD_KIND.otherPseudo:
        return;
      case FIELD_KIND.host:
        if (this.#host !== undefined) this.fault ??= 'field "host" is there twice';
        this.#host = field.value;
        break;
      case FIELD_KIND.contentLength:
        this.#noteContentLength(field.value);
    }
    this.#fields.push(field.name, field.value);
  }

  /**
   * Why these cannot be the fields of a request, {@linkcode fault} included. What was dropped from a
   * list that is too long is not missed.
   */
  get requestFault(): string | undefined {
    if (this.fault !== undefined || this.isTooLong) return this.fault;
    if (this.method === undefined) return "a request has no method";
    if (this.authority === undefined) return "a request has no authority";
    if (this.#isElsewhere()) return "the host of a request is not its authority";
    if (this.method === "CONNECT") return this.#connectFault();
    if (this.scheme === undefined) return "a request has no scheme";
    if (this.path === undefined) return "a request has no path";
    const isPath = this.path.startsWith("/") || this.path === "*" && this.method === "OPTIONS";
    return isPath ? undefined : "the path of a request does not begin with a slash";
  }

  /** Why these cannot be the fields of trailers, {@linkcode fault} included. */
  get trailersFault(): string | undefined {
    const pseudo = this.method ?? this.scheme ?? this.#authority ?? this.path;
    return this.fault ?? (pseudo === undefined ? undefined : "trailers have a pseudo-field");
  }

  /** Section 8.5: it asks for a tunnel to an authority. */
  #connectFault(): string | undefined {
    const hasOthers = this.scheme !== undefined || this.path !== undefined;
    if (this.#authority !== undefined && !hasOthers) return undefined;
    return "a CONNECT request has other pseudo-fields than its authority";
  }

  /** Section 8.3.1: whoever goes by `host` and whoever goes by `:authority` are to find the same. */
  #isElsewhere(): boolean {
    if (this.#host === undefined || this.#authority === undefined) return false;
    if (this.#host === this.#authority) return false;
    return normalize(this.#host, this.scheme) !== normalize(this.#authority, this.scheme);
  }

  #notePseudo({ name }: Field, before: string | undefined): void {
    if (before !== undefined) this.fault ??= `pseudo-field "${name}" is there twice`;
    else if (this.#fields.length > 0) this.fault ??= `pseudo-field "${name}" comes after fields`;
  }

  #noteContentLength(value: string): void {
    const length = /^\d{1,15}$/.test(value) ? Number(value) : undefined;
    const isClear = length !== undefined && (this.contentLength ?? length) === length;
    if (!isClear) this.fault ??= 'field "content-length" is malformed';
    this.contentLength = length;
  }
}

function normalize(authority: string, scheme: string | undefined): string {
  const text = authority.toLowerCase();
  return scheme === "http" ? text.replace(/:80$/, "") : text.replace(/:443$/, "");
}

function toRecord(fields: readonly string[]): FieldRecord {
  const record: Record<string, string> = Object.create(null);
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i]!;
    const before = record[name];
    const value = fields[i + 1]!;
    if (before === undefined) record[name] = value;
    // Section 8.2.3: clients may take cookies apart.
    else record[name] = `${before}${name === "cookie" ? "; " : ", "}${value}`;
  }
  return record;
}
