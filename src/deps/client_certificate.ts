/**
 * Third-party code that reads client certificates, loaded where a server asks for them.
 *
 * @module
 */

export { AsnConvert } from "npm:@peculiar/asn1-schema@^2.4.0";
export {
  type AttributeTypeAndValue,
  Certificate,
  type GeneralName,
  id_ce_subjectAltName,
  type Name,
  SubjectAlternativeName,
  type TBSCertificate,
} from "npm:@peculiar/asn1-x509@^2.4.0";
