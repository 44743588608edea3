/**
 * The wire format of protobuf, by itself, for a message of one field: a health probe starts in half
 * the time without the rest.
 *
 * @module
 */

export { BinaryReader, BinaryWriter, WireType } from "npm:@bufbuild/protobuf@^2.17.0/wire";
