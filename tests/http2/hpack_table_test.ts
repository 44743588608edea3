import { assertEquals } from "@std/assert";
import { Field } from "../../src/http2/field.ts";
import { DynamicTable, STATIC_TABLE } from "../../src/http2/hpack_table.ts";

/** Its size is 34. */
function numbered(number: number): Field {
  return new Field("n", String(number % 10));
}

function valuesOf(table: DynamicTable): (string | undefined)[] {
  return Array.from({ length: table.count }, (_, index) => table.at(index)?.value);
}

Deno.test("the static table has the 61 fields of Appendix A", () => {
  assertEquals(STATIC_TABLE.length, 61);
  const some = [1, 2, 7, 8, 14, 16, 31, 54, 57, 61].map((index) => {
    const { name, value } = STATIC_TABLE[index - 1]!;
    return `${index} ${name} ${value}`.trim();
  });
  assertEquals(some, [
    "1 :authority",
    "2 :method GET",
    "7 :scheme https",
    "8 :status 200",
    "14 :status 500",
    "16 accept-encoding gzip, deflate",
    "31 content-type",
    "54 server",
    "57 transfer-encoding",
    "61 www-authenticate",
  ]);
});

Deno.test("DynamicTable has the newest field first, and drops the oldest", () => {
  const table = new DynamicTable(34 * 3);
  for (let number = 1; number <= 5; number++) table.insert(numbered(number));
  assertEquals(valuesOf(table), ["5", "4", "3"]);
  assertEquals([table.count, table.bytes], [3, 102]);
  assertEquals(table.at(3), undefined);
});

Deno.test("DynamicTable drops as many as a larger field needs", () => {
  const table = new DynamicTable(102);
  for (let number = 1; number <= 3; number++) table.insert(numbered(number));
  table.insert(new Field("n", "x".repeat(35)));
  assertEquals(valuesOf(table), ["x".repeat(35), "3"]);
  assertEquals(table.bytes, 102);
});

Deno.test("DynamicTable is empty after a field that is larger than itself", () => {
  const table = new DynamicTable(34);
  table.insert(numbered(1));
  table.insert(new Field("n", "xy"));
  assertEquals([table.count, table.bytes], [0, 0]);
  table.insert(numbered(2));
  assertEquals(valuesOf(table), ["2"]);
});

Deno.test("DynamicTable keeps its order as it grows and shrinks", () => {
  const table = new DynamicTable(34 * 100);
  const wanted: string[] = [];
  for (let number = 1; number <= 1000; number++) {
    if (number % 37 === 0) {
      table.resize(34 * (number % 64));
      wanted.length = Math.min(wanted.length, number % 64);
      table.resize(34 * 100);
    }
    table.insert(numbered(number));
    wanted.unshift(String(number % 10));
    wanted.length = Math.min(wanted.length, 100);
    assertEquals(valuesOf(table), wanted);
    assertEquals(table.bytes, wanted.length * 34);
  }
});

Deno.test("DynamicTable has another generation after each change", () => {
  const table = new DynamicTable(100);
  const changes = [
    () => table.insert(numbered(1)),
    () => table.insert(new Field("n", "x".repeat(100))),
    () => table.resize(0),
    () => table.insert(numbered(1)),
  ];
  for (const change of changes) {
    const before = table.generation;
    change();
    assertEquals(table.generation, before + 1);
  }
});

Deno.test("DynamicTable finds the newest of the fields that are the same", () => {
  const table = new DynamicTable();
  for (const number of [1, 2, 1, 3]) table.insert(numbered(number));
  assertEquals(table.indexOf("n", "1"), 1);
  assertEquals(table.indexOf("n", "4"), -1);
  assertEquals(table.indexOf("m", "1"), -1);
});
