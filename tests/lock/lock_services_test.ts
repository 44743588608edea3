import fc from "fast-check";
import { assert, assertEquals } from "@std/assert";
import { type DescFile, fromJsonString, toJsonString } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { BREAKING_RULES } from "../../src/lock/breaking.ts";
import { bufBreaking, type FilePair } from "../support/buf_breaking.ts";
import { checkAsyncProperty } from "../support/properties.ts";
import { type Generation, generationsOf, SERVICE_HISTORY } from "../support/service_history.ts";

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

Deno.test("the lock finds edits of schemas of Zod breaking just when `buf breaking` does", async () => {
  const verdicts = { fine: 0, breaking: 0 };
  const histories = fc.array(SERVICE_HISTORY, { minLength: 20, maxLength: 50, size: "max" });
  await checkAsyncProperty(
    fc.asyncProperty(fc.noBias(histories), async (histories) => {
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
      for (const { generation: { applied, edits }, paths } of judged) {
        const ours = applied.problems.map(({ text }) => text);
        const theirs = paths.flatMap((path) => reports.get(path) ?? []);
        const both = `ours: ${ours.join("\n")}\nbuf's: ${theirs.join("\n")}`;
        assertEquals(ours.length > 0, theirs.length > 0, `${JSON.stringify(edits)}\n${both}`);
        verdicts[ours.length > 0 ? "breaking" : "fine"]++;
      }
    }),
    3,
  );
  console.log(verdicts);
  assert(verdicts.fine > 20 && verdicts.breaking > 20, JSON.stringify(verdicts));
});
