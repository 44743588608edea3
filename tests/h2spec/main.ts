/**
 * Runs h2spec, with its strict cases, against the plaintext and the TLS port of the kit, on both of
 * its engines, and against bare servers of `node:http2`. Fails if a case fails on the kit that is not
 * among the known failures of the platform, and if one of those has come to pass. The kit's own engine
 * has no known failures. Run as `deno task h2spec`; with `--docs` the tables go into
 * `docs/conformance.md`.
 *
 * @module
 */

import { report, type Table, toMarkdown } from "../support/report.ts";
import { goTool, reportLeftOut, versionOf } from "../support/tools.ts";
import { type Case, type Outcome, readCases } from "./junit.ts";
import { KNOWN_FAILURES } from "./known_failures.ts";
import { type ServerUnderTest, startServers } from "./servers.ts";

/** With a body, which some cases need, and by GET, which is what h2spec sends. */
const PATH = "/greeter.v1.Greeter/SayHello?connect=v1&encoding=json&message=%7B%7D";
/** What h2spec found on one server, by the case's id. */
interface Finding extends Pick<ServerUnderTest, "name" | "engine"> {
  readonly cases: ReadonlyMap<string, Case>;
}

const h2spec = await goTool("h2spec");
if (h2spec !== undefined) {
  const findings = await examineAll(h2spec);
  const kit = findings.filter(({ engine }) => engine !== undefined);
  const bare = findings.filter(({ engine }) => engine === undefined);
  await report("h2spec", toPage(kit, bare));
  const complaints = kit.flatMap(complaintsOf);
  for (const complaint of complaints) console.error(complaint);
  if (complaints.length > 0) Deno.exitCode = 1;
}
reportLeftOut();

async function examineAll(h2spec: string): Promise<Finding[]> {
  await using stack = new AsyncDisposableStack();
  const servers = await startServers();
  for (const server of servers) stack.use(server);
  return await Promise.all(servers.map((server) => examine(h2spec, server)));
}

async function examine(
  h2spec: string,
  { name, engine, port, isTls }: ServerUnderTest,
): Promise<Finding> {
  const file = await Deno.makeTempFile({ prefix: "fastgrpc-h2spec-", suffix: ".xml" });
  try {
    // Its exit code tells of failures, which the file tells in full.
    const { stderr } = await new Deno.Command(h2spec, {
      args: [
        "--strict",
        `--port=${port}`,
        `--path=${PATH}`,
        `--junit-report=${file}`,
        ...(isTls ? ["--tls", "--insecure"] : []),
      ],
    }).output();
    const cases = readCases(await Deno.readTextFile(file));
    if (cases.length === 0) {
      throw new Error(`h2spec found nothing on ${name}: ${new TextDecoder().decode(stderr)}`);
    }
    return { name, engine, cases: new Map(cases.map((each) => [each.id, each])) };
  } finally {
    await Deno.remove(file);
  }
}

/** What is wrong with the kit, or with the list of known failures. */
function complaintsOf({ name, engine, cases }: Finding): string[] {
  const knownFailures = engine === "direct" ? [] : KNOWN_FAILURES;
  const known = new Map(knownFailures.flatMap((each) => each.cases.map((id) => [id, each])));
  const failed = Array.from(cases.values()).filter(({ outcome }) => outcome === "failed");
  const news = failed.filter(({ id }) => !known.has(id))
    .map(({ id, title }) => `${name}: ${id} fails: ${title}`);
  const stale = Array.from(known).filter(([id, { sometimes }]) =>
    !sometimes && cases.get(id)?.outcome !== "failed"
  ).map(([id]) => `${name}: ${id} fails no more; take it from known_failures.ts`);
  return [...news, ...stale];
}

function toPage(kit: readonly Finding[], bare: readonly Finding[]): string {
  const version = versionOf("h2spec");
  const passed = kit.map(({ name, cases }) => {
    const count = countOf(cases.values(), "passed");
    return `${count} of ${cases.size} (${name})`;
  });
  const parts = [
    `h2spec ${version}, strict, cases passed by engine: ${passed.join(", ")}.`,
    toMarkdown(sections(kit)),
  ];
  const failures = failuresTable(kit, bare);
  if (failures.rows.length > 0) {
    parts.push(
      // Broken where `deno fmt` would.
      "What fails belongs to the HTTP/2 of Deno, on which the engine `node` stands. A server of\n" +
        "`node:http2` alone was run beside it, in Deno and in Node, whose nghttp2 may be another:",
      toMarkdown(failures),
      toMarkdown(causes()),
    );
  }
  return parts.join("\n\n");
}

function sections(kit: readonly Finding[]): Table {
  const all = kit[0]!.cases;
  const names = Array.from(new Set(Array.from(all.values(), sectionOf)));
  const row = (name: string, isWithin: (each: Case) => boolean) => [
    name,
    Array.from(all.values()).filter(isWithin).length,
    ...kit.map(({ cases }) => countOf(Array.from(cases.values()).filter(isWithin), "passed")),
  ];
  return {
    head: ["section", "cases", ...kit.map(({ name }) => `passed: ${name}`)],
    rows: [
      ...names.map((name) => row(name, (each) => sectionOf(each) === name)),
      row("all", () => true),
    ],
  };
}

function failuresTable(kit: readonly Finding[], bare: readonly Finding[]): Table {
  const servers = [...kit, ...bare];
  const ids = new Set(
    kit.flatMap(({ cases }) =>
      Array.from(cases.values()).filter(({ outcome }) => outcome === "failed").map(({ id }) => id)
    ),
  );
  return {
    head: ["case", "what it does", ...servers.map(({ name }) => name)],
    rows: Array.from(ids, (id) => [
      id,
      servers[0]!.cases.get(id)!.title,
      ...servers.map(({ cases }) => cases.get(id)?.outcome ?? "not run"),
    ]),
  };
}

function causes(): Table {
  return {
    head: ["case", "cause", "reference"],
    rows: KNOWN_FAILURES.map(({ cases, cause, reference, sometimes }) => [
      cases.join(", "),
      sometimes ? `${cause}; seen now and then` : cause,
      `<${reference}>`,
    ]),
  };
}

/** `hpack/2.3` is counted under "hpack", `http2/5.1` under "http2/5". */
function sectionOf({ id }: Case): string {
  const [specification, number] = id.split("/");
  return specification === "http2" ? `http2/${number!.split(".", 1)[0]}` : specification!;
}

function countOf(cases: Iterable<Case>, wanted: Outcome): number {
  return Array.from(cases).filter(({ outcome }) => outcome === wanted).length;
}
