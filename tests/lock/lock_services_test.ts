import fc from "fast-check";
import { assert, assertEquals } from "@std/assert";
import { type DescFile, fromJsonString, toJsonString } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { BREAKING_RULES } from "../../src/lock/breaking.ts";
import { bufBreaking, type FilePair } from "../support/buf_breaking.ts";
import { checkAsyncProperty } from "../support/properties.ts";
import {
  fieldHistory,
  type Generation,
  generationsOf,
  SERVICE_HISTORY,
  type ServiceHistory,
} from "../support/service_history.ts";
import { type FieldPlan, KEYS, LABEL_COUNT, LEAF_TYPES } from "../support/service_plan.ts";
import { toProtoText } from "../../src/proto_text/proto_text.ts";

interface Judged {
  readonly generation: Generation;
  /** The paths of its pairs, with each generation that clients may be of. */
  readonly paths: readonly string[];
}

/** A file under a path and in a package of its own, as an image has each name only once. */
function moved(file: DescFile, packageName: string): FilePair["old"] {
  const own = file.proto.package;
  const text = toJsonString(FileDescriptorProtoSchema, {
    ...file.proto,
    sourceCodeInfo: undefined,
  });
  const proto = fromJsonString(FileDescriptorProtoSchema, text.replaceAll(own, packageName));
  return { ...proto, name: `${packageName}.proto` };
}

/** All that files import, and what that imports. */
function importsOf(files: readonly DescFile[], found: Set<DescFile> = new Set()): Set<DescFile> {
  for (const file of files) {
    for (const each of file.dependencies) {
      if (!found.has(each)) importsOf([each], found.add(each));
    }
  }
  return found;
}

/** Puts histories to both, and fails where they disagree. Tells how often they say what. */
async function assertAgreement(
  histories: readonly ServiceHistory[],
): Promise<{ fine: number; breaking: number }> {
  const pairs: FilePair[] = [];
  const judged: Judged[] = [];
  const files: DescFile[] = [];
  for (const [i, history] of histories.entries()) {
    for (const [j, generation] of [...generationsOf(`p${i}.v1`, history)].entries()) {
      const { file, released } = generation;
      files.push(file);
      const paths = released.map((old, k) => {
        const packageName = `h${i}g${j}o${k}.v1`;
        pairs.push({ old: moved(old, packageName), new: moved(file, packageName) });
        return `${packageName}.proto`;
      });
      judged.push({ generation, paths });
    }
  }
  for (const { proto } of importsOf(files)) pairs.push({ old: proto, new: proto });
  const reports = await bufBreaking(pairs, BREAKING_RULES);
  const verdicts = { fine: 0, breaking: 0 };
  for (const { generation: { applied, edits, file }, paths } of judged) {
    const ours = applied.problems.map(({ text }) => text);
    const theirs = paths.flatMap((path) => reports.get(path) ?? []);
    const both = `ours: ${ours.join("\n")}\nbuf's: ${theirs.join("\n")}`;
    const change = `${JSON.stringify(edits)}\n${toProtoText(file)}`;
    assertEquals(ours.length > 0, theirs.length > 0, `${change}\n${both}`);
    if (paths.length > 0) verdicts[ours.length > 0 ? "breaking" : "fine"]++;
  }
  return verdicts;
}

Deno.test("the lock finds edits of schemas of Zod breaking just when `buf breaking` does", async () => {
  const verdicts = { fine: 0, breaking: 0 };
  const histories = fc.array(SERVICE_HISTORY, { minLength: 20, maxLength: 50, size: "max" });
  await checkAsyncProperty(
    fc.asyncProperty(fc.noBias(histories), async (histories) => {
      const { fine, breaking } = await assertAgreement(histories);
      verdicts.fine += fine;
      verdicts.breaking += breaking;
    }),
    3,
  );
  assert(verdicts.fine > 20 && verdicts.breaking > 20, JSON.stringify(verdicts));
});

/** From each of them to each. */
const changes = <T>(all: readonly T[], toPlan: (one: T) => Partial<FieldPlan>) =>
  all.flatMap((from) => all.map((to) => fieldHistory(toPlan(from), toPlan(to))));

const NUMBERS = (count: number) => Array.from({ length: count }, (_, i) => i);

Deno.test("the lock agrees with `buf breaking` about every change of a Zod type", async () => {
  const verdicts = await assertAgreement(changes(LEAF_TYPES, (type) => ({ type })));
  assert(verdicts.fine > LEAF_TYPES.length, JSON.stringify(verdicts));
});

Deno.test("the lock agrees with `buf breaking` about every change of presence, lists, maps and oneofs", async () => {
  // Types of a scalar, a message, an enum, and JSON.
  for (const type of [1, 0, 2, 37]) {
    await assertAgreement(changes(NUMBERS(LABEL_COUNT), (label) => ({ type, label })));
  }
});

Deno.test("the lock agrees with `buf breaking` about every other name of a property", async () => {
  for (const label of [0, LABEL_COUNT - 1]) {
    await assertAgreement(changes(KEYS, (key) => ({ key, label })));
  }
});
