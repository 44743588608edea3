/**
 * Comments of descriptors, as they read.
 *
 * @module
 */

import type {
  DescEnum,
  DescField,
  DescMessage,
  DescMethod,
  DescOneof,
  DescService,
} from "@bufbuild/protobuf";

type Commented = DescMessage | DescEnum | DescService | DescField | DescOneof | DescMethod;

/** The comment above a declaration, without the blanks that `//` leaves; empty if there is none. */
export function getComment(desc: Commented): string {
  const path = pathOf(desc).join();
  const { file } = "file" in desc ? desc : desc.parent;
  const location = file.proto.sourceCodeInfo?.location.find((each) => each.path.join() === path);
  const { leadingComments = "" } = location ?? {};
  return leadingComments.split("\n").map((line) => line.trim()).join("\n").trim();
}

/** By the numbers of the fields of a descriptor, each with an index. */
function pathOf(desc: Commented): number[] {
  switch (desc.kind) {
    case "message":
      return [4, desc.file.messages.indexOf(desc)];
    case "enum":
      return [5, desc.file.enums.indexOf(desc)];
    case "service":
      return [6, desc.file.services.indexOf(desc)];
    case "field":
      return [...pathOf(desc.parent), 2, desc.parent.fields.indexOf(desc)];
    case "oneof":
      return [...pathOf(desc.parent), 8, desc.parent.oneofs.indexOf(desc)];
    case "rpc":
      return [...pathOf(desc.parent), 2, desc.parent.methods.indexOf(desc)];
  }
}
