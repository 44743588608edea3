/**
 * Third-party code that makes certificates, for development alone.
 *
 * @module
 */

// @peculiar/x509 resolves its algorithms through tsyringe, which refuses to load without this:
// https://github.com/PeculiarVentures/x509#%EF%B8%8F-reflect-polyfill-required
// deno-lint-ignore no-import-prefix
import "npm:reflect-metadata@^0.2.2";
export {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  type JsonGeneralName,
  KeyUsageFlags,
  KeyUsagesExtension,
  Name,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "npm:@peculiar/x509@^2.2.0";
