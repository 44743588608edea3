/**
 * One header field, and what HTTP/2 asks of it by itself (RFC 9113, sections 8.2 and 8.3), whether it
 * comes in or goes out.
 *
 * @module
 */

/** What a field is to those who read a header list, by its name. */
export const FIELD_KIND = {
  regular: 0,
  method: 1,
  scheme: 2,
  authority: 3,
  path: 4,
  /** A pseudo-field that no request has. */
  otherPseudo: 5,
  host: 6,
  contentLength: 7,
  te: 8,
  /** One that is about the connection, for which HTTP/2 has frames (section 8.2.2). */
  connection: 9,
  /** One whose name may not be: it is empty, or has a capital letter, a blank, ... */
  misnamed: 10,
} as const;

const KINDS: ReadonlyMap<string, number> = new Map([
  [":method", FIELD_KIND.method],
  [":scheme", FIELD_KIND.scheme],
  [":authority", FIELD_KIND.authority],
  [":path", FIELD_KIND.path],
  ["host", FIELD_KIND.host],
  ["content-length", FIELD_KIND.contentLength],
  ["te", FIELD_KIND.te],
  ["connection", FIELD_KIND.connection],
  ["keep-alive", FIELD_KIND.connection],
  ["proxy-connection", FIELD_KIND.connection],
  ["transfer-encoding", FIELD_KIND.connection],
  ["upgrade", FIELD_KIND.connection],
]);

/** What a field costs besides its name and value (RFC 7541, section 4.1; RFC 9113, section 6.5.2). */
const FIELD_BYTES = 32;

/** What a client sends goes into the log, but not all of it. */
const MAX_SHOWN_NAME = 64;

/** What names are made of: tokens (RFC 9110, section 5.6.2), in lower case (RFC 9113, section 8.2.1). */
const IS_NAME_CHARACTER = new Uint8Array(256);
for (const character of "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz") {
  IS_NAME_CHARACTER[character.charCodeAt(0)] = 1;
}

const METHOD = /^[-!#$%&'*+.^_`|~0-9A-Za-z]+$/;
/** RFC 3986, section 3.1. */
const SCHEME = /^[a-z][-+.a-z0-9]*$/i;
/** A host and a port, without the user that a URL may have (RFC 9113, section 8.3.1). */
const AUTHORITY = /^[^\0-\x20"#/<>?@\\^`{|}\x7f-\xff]+$/;

/**
 * A field with all that is to be found out about it once: it stays with it in a table. A character of
 * its name and its value is a byte of the wire.
 */
export class Field {
  readonly name: string;
  readonly value: string;
  /** One of {@linkcode FIELD_KIND}. */
  readonly kind: number;
  /** Why a message that has it is malformed. */
  readonly fault: string | undefined;
  /** Its size in tables and header lists. */
  readonly bytes: number;

  /** @param kind That of its name, where it is known. */
  constructor(name: string, value: string, kind: number = kindOf(name)) {
    this.name = name;
    this.value = value;
    this.kind = kind;
    this.fault = faultOf(name, value, kind);
    this.bytes = FIELD_BYTES + name.length + value.length;
  }
}

function kindOf(name: string): number {
  const kind = KINDS.get(name);
  if (kind !== undefined) return kind;
  if (name.startsWith(":")) return FIELD_KIND.otherPseudo;
  return isName(name) ? FIELD_KIND.regular : FIELD_KIND.misnamed;
}

/** Why a message that has a field is malformed, if it is. */
export function faultOf(
  name: string,
  value: string,
  kind: number = kindOf(name),
): string | undefined {
  switch (kind) {
    case FIELD_KIND.method:
      return METHOD.test(value) ? undefined : "the method is malformed";
    case FIELD_KIND.scheme:
      return SCHEME.test(value) ? undefined : "the scheme is malformed";
    case FIELD_KIND.authority:
      return AUTHORITY.test(value) ? undefined : "the authority is malformed";
    case FIELD_KIND.host:
      return AUTHORITY.test(value) ? undefined : "the host is malformed";
    case FIELD_KIND.path:
      return isPath(value) ? undefined : "the path is malformed";
    case FIELD_KIND.otherPseudo:
      return "a pseudo-field is none of a request";
    case FIELD_KIND.connection:
      return `field "${name}" is about the connection`;
    case FIELD_KIND.misnamed:
      return "a field's name has a character that names may not have";
    case FIELD_KIND.te:
      if (value.toLowerCase() !== "trailers") return 'field "te" is not "trailers"';
  }
  if (isValue(value)) return undefined;
  return `field "${name.slice(0, MAX_SHOWN_NAME)}" has a character that values may not have`;
}

function isName(name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    if (IS_NAME_CHARACTER[name.charCodeAt(i)] !== 1) return false;
  }
  return name.length > 0;
}

/** RFC 9113, section 8.2.1: neither NUL, LF nor CR, and no blank at either end. */
function isValue(value: string): boolean {
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (code <= 0x0d && (code === 0 || code === 0x0a || code === 0x0d) || code > 0xff) return false;
  }
  return !isBlank(value.charCodeAt(0)) && !isBlank(value.charCodeAt(value.length - 1));
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

/** Without blanks and line feeds, which would end it in a request line of HTTP/1.1. */
function isPath(value: string): boolean {
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (code <= 0x20 || code === 0x7f) return false;
  }
  return value.length > 0;
}
