/**
 * Names: from those in TypeScript to those that the style guide of protobuf wants.
 *
 * @module
 */

/** Whether a name can stand in a `.proto` file. */
export function isIdentifier(name: string): boolean {
  return /^[A-Za-z][A-Za-z0-9_]*$/.test(name);
}

/** `sayHello`, `SayHello`, `say-hello`: `say_hello`. */
export function toSnakeCase(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/([A-Z])([A-Z][a-z])/g, "$1_$2")
    .replace(/[^A-Za-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "")
    .toLowerCase();
}

/** `sayHello`, `say_hello`: `SAY_HELLO`. */
export function toUpperSnakeCase(name: string): string {
  return toSnakeCase(name).toUpperCase();
}

/** `sayHello`, `say_hello`: `SayHello`. */
export function toPascalCase(name: string): string {
  return toSnakeCase(name).replace(/(?:^|_)(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** `say_hello`: `sayHello`, which is how protoc names a field in JSON. */
export function toCamelCase(name: string): string {
  return name.replace(/_+([a-z0-9]?)/g, (_, letter: string) => letter.toUpperCase());
}

/** `demo.v1` and `Color`: `demo.v1.Color`. */
export function qualify(packageName: string, name: string): string {
  return packageName === "" ? name : `${packageName}.${name}`;
}

/** `demo.v1.Color`: `Color`. */
export function simpleName(name: string): string {
  return name.slice(name.lastIndexOf(".") + 1);
}
