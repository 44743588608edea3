/**
 * Generated messages within schemas of Zod. An entry of its own, as it imports Zod.
 *
 * @module
 */

import type { DescMessage, MessageInitShape, MessageShape } from "./deps.ts";
import { custom, type ZodCustom } from "./deps/zod.ts";

/**
 * A schema for a generated message, for a field of another schema. A handler gets the message; in a
 * reply, an object with some of its fields will do.
 *
 * @param desc As generated, such as `AddressSchema`.
 */
export function message<T extends DescMessage>(
  desc: T,
): ZodCustom<MessageShape<T>, MessageInitShape<T>> {
  const schema = custom<MessageShape<T>>(
    (value) => {
      if (typeof value !== "object" || value === null) return false;
      const { $typeName = desc.typeName } = value as { $typeName?: unknown };
      return $typeName === desc.typeName;
    },
    { error: `Invalid input: expected a message ${desc.typeName}` },
  );
  return schema.meta({ proto: desc }) as unknown as ZodCustom<
    MessageShape<T>,
    MessageInitShape<T>
  >;
}
