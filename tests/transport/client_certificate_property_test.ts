import { AsnConvert } from "@peculiar/asn1-schema";
import { AttributeTypeAndValue, Name, RelativeDistinguishedName } from "@peculiar/asn1-x509";
import { AttributeValue } from "@peculiar/asn1-x509";
import type { JsonGeneralName } from "@peculiar/x509";
import fc from "fast-check";
import { assertEquals } from "@std/assert";
import type { PeerCertificate } from "../../mod.ts";
import { formatDistinguishedName } from "../../src/transport/distinguished_name.ts";
import { createTestCa } from "../support/certificates.ts";
import { connectGreeter } from "../support/connect_node.ts";
import { serveGreeter } from "../support/greeter.ts";
import { createPemSet } from "../support/pem_files.ts";
import { checkAsyncProperty, checkProperty } from "../support/properties.ts";
import { toTlsOptions } from "../support/tls_clients.ts";

const TYPES: Readonly<Record<string, string>> = {
  CN: "2.5.4.3",
  C: "2.5.4.6",
  O: "2.5.4.10",
  OU: "2.5.4.11",
  UID: "0.9.2342.19200300.100.1.1",
  DC: "0.9.2342.19200300.100.1.25",
};

/** An attribute of a name: its type, its text, and the kind of string that it is in. */
interface Attribute {
  readonly type: string;
  readonly text: string;
  readonly kind: "utf8String" | "printableString" | "ia5String";
}

/** Texts full of what RFC 4514 escapes, and any others. */
const TEXT = fc.oneof(
  fc.string({ unit: fc.constantFrom(...' ,+"\\<>;#=ab0\n\0\x7f') }),
  fc.string({ unit: "binary" }),
);
const ASCII = fc.string({ unit: "binary-ascii" });
const TYPE = fc.constantFrom(...Object.keys(TYPES));
const ATTRIBUTE: fc.Arbitrary<Attribute> = fc.oneof(
  fc.record({ type: TYPE, text: TEXT, kind: fc.constant("utf8String" as const) }),
  fc.record({
    type: TYPE,
    text: ASCII,
    kind: fc.constantFrom("printableString" as const, "ia5String" as const),
  }),
);
const NAME = fc.array(fc.array(ATTRIBUTE, { minLength: 1, maxLength: 2 }), { maxLength: 4 });

function toName(parts: readonly (readonly Attribute[])[]): Name {
  return new Name(
    parts.map((part) =>
      new RelativeDistinguishedName(part.map(({ type, text, kind }) =>
        new AttributeTypeAndValue({
          type: TYPES[type]!,
          value: new AttributeValue({ [kind]: text }),
        })
      ))
    ),
  );
}

/** Reads what RFC 4514 writes, by the grammar in its section 3. */
function parseName(text: string): string[][] {
  const parts: string[][] = [[""]];
  const current = () => parts.at(-1)!;
  const add = (end: string) => current()[current().length - 1] += end;
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    const hex = /^[0-9a-f]{2}/.exec(text.slice(at + 1))?.[0];
    if (char === "+") current().push("");
    else if (char === ",") parts.push([""]);
    else if (char !== "\\") add(char);
    else if (hex !== undefined) {
      add(String.fromCharCode(parseInt(hex, 16)));
      at += 2;
    } else add(text[++at]!);
  }
  return text === "" ? [] : parts.reverse();
}

Deno.test("formatDistinguishedName() writes each name so that it reads as that one only", () => {
  checkProperty(fc.property(NAME, (parts) => {
    // Through DER, as from a certificate.
    const name = AsnConvert.parse(AsnConvert.serialize(toName(parts)), Name);
    assertEquals(
      parseName(formatDistinguishedName(name)),
      parts.map((part) => part.map(({ type, text }) => `${type}=${text}`)),
    );
  }));
});

Deno.test("formatDistinguishedName() writes nothing that ends a line, or that a log could be lost in", () => {
  checkProperty(fc.property(NAME, (parts) => {
    // deno-lint-ignore no-control-regex
    assertEquals(/[\x00-\x1f\x7f]/.test(formatDistinguishedName(toName(parts))), false);
  }));
});

/** Subject alternative names, their texts with whatever ASCII has. */
const ALT_NAMES = fc.array(
  fc.record({
    type: fc.constantFrom("dns" as const, "url" as const, "email" as const),
    value: fc.oneof(
      fc.string({ unit: "binary-ascii", minLength: 1 }),
      fc.webUrl(),
      fc.domain(),
      fc.constantFrom("spiffe://a/b", "a, URI:spiffe://a/b", 'spiffe://a/"b'),
    ),
  }),
  { minLength: 1, maxLength: 6 },
);
const IPS = fc.array(fc.ipV4(), { maxLength: 2 });

Deno.test("context.peer shows whatever names a client's certificate has, each as one", async () => {
  const ca = await createTestCa();
  await using pem = await createPemSet({ ca });
  let seen: PeerCertificate | undefined;
  await using greeter = await serveGreeter({
    handlers: {
      sayHello(_, { peer }) {
        seen = peer.certificate;
        return {};
      },
    },
    serve: pem.mtls,
  });
  await checkAsyncProperty(
    fc.asyncProperty(ALT_NAMES, IPS, async (names, ips) => {
      const all: JsonGeneralName[] = [
        ...names,
        ...ips.map((value) => ({ type: "ip" as const, value })),
      ];
      const client = await ca.issue({ names: all });
      using caller = connectGreeter(greeter.baseUrl, {
        tls: toTlsOptions({ ca: ca.certificate, client }),
      });
      await caller.sayHello({});
      const of = (wanted: string) =>
        names.filter(({ type }) => type === wanted).map(({ value }) => value);
      const uri = of("url");
      assertEquals(seen!.subjectAltNames, { dns: of("dns"), ip: ips, uri, email: of("email") });
      const isSpiffe = uri.length === 1 && uri[0]!.startsWith("spiffe://");
      assertEquals(seen!.spiffeId, isSpiffe ? uri[0] : undefined);
    }),
    30,
  );
});
