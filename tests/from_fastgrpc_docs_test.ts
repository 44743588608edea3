import { assert, assertEquals } from "@std/assert";

const PAGE = await Deno.readTextFile(new URL("../docs/from-fastgrpc.md", import.meta.url));
const SNIPPETS = readSnippets();
const ROWS = readRows();

/** What is public in FastGRPC 0.3.4 for Python, as the tables name it: each has a row. */
const PYTHON: Readonly<Record<string, readonly string[]>> = {
  "FastGRPC()": [
    ...["name", "proto", "auto_gen_proto", "type_mapping", "compile_proto", "generate_mypy"]
      .map((option) => `FastGRPC(${option})`),
    "app.service",
    "app.setup()",
    "app.add_middleware(middleware)",
    "app.middleware()",
    "is_server_streaming",
    ...["unary_unary", "unary_stream", "stream_unary", "stream_stream"].map((it) => `app.${it}()`),
    "app.add_service(service)",
    "app.run()",
    "app.run_async()",
    ...["host", "port", "server", "reflection_enable"].map((option) => `app.run(${option})`),
    "app.add_to_server(server)",
    "app.enable_server_reflection(server)",
  ],
  "the decorators": ["name", "request_model", "response_model", "description"],
  "Service": [
    "Service(name)",
    "Service(proto)",
    ...["unary_unary", "unary_stream", "stream_unary", "stream_stream"]
      .map((method) => `service.${method}()`),
    "service.add_method(endpoint, name, method_class)",
    "service.add_to_server(server)",
    ...["middlewares", "server_streaming_middlewares"],
    "service.copy()",
    "service.get_pb_full_name()",
    "service.import_pb_modules()",
    ...["full_name", "grpc_servicer", "interface_name", "methods", "name", "proto"]
      .map((member) => `service.${member}`),
  ],
  "Pb2Service": [
    ...["name", "pb2_module", "pb2_grpc_module"].map((option) => `Pb2Service(${option})`),
    "pb2_service.unary_unary()",
  ],
  "ServiceContext": [
    "ServiceContext",
    ...["elapsed_time", "metadata", "grpc_context", "service_method", "method_descriptor"]
      .map((member) => `context.${member}`),
    ...["input_type", "output_type"].map((member) => `context.${member}`),
    ...["is_active", "time_remaining", "invocation_metadata", "peer"].map((it) =>
      `context.${it}()`
    ),
    "context.abort(code, details)",
    "context.abort_with_status(status)",
    "context.set_code(code)",
    "context.set_details(details)",
  ],
  "types": [
    ...["Int32", "Int64", "Uint32", "Uint64", "Double", "Empty", "PYTHON_TO_PROTOBUF_TYPES"],
    ...["ProtoTag(name)", "ProtoTag(package)"],
    ...["bytes", "int", "float", "bool", "str", "datetime", "UUID"],
  ],
  "proto, middleware": [
    "proto_to_python_client(proto_path)",
    "proto_to_python_client(is_async)",
    "ServerErrorMiddleware",
    "ServerStreamingErrorMiddleware",
  ],
};

for (const [of, names] of Object.entries(PYTHON)) {
  Deno.test(`docs/from-fastgrpc.md has a row for all of ${of} in Python`, () => {
    const python = ROWS.flatMap(([first]) => codeIn(first));
    assertEquals(names.filter((name) => !python.includes(name)), []);
  });
}

Deno.test("docs/from-fastgrpc.md has a snippet for each row, with what the row names", () => {
  assert(ROWS.length > 80, String(ROWS.length));
  const missing: string[] = [];
  for (const [python, here] of ROWS) {
    const links = [...here.matchAll(/\[([^\]]*(?:\[[^\]]*\][^\]]*)*)\]\(#([\w-]+)\)/g)];
    if (links.length === 0) missing.push(`${python}: no link`);
    for (const [, text, anchor] of links) {
      const snippet = SNIPPETS.get(anchor!);
      if (snippet === undefined) missing.push(`${python}: no snippet at #${anchor}`);
      const words = new Set(wordsOf(snippet ?? ""));
      const lacks = codeIn(text!).flatMap(wordsOf).filter((word) => !words.has(word));
      if (lacks.length > 0) missing.push(`${python}: #${anchor} has no ${lacks.join(", ")}`);
    }
  }
  assertEquals(missing, []);
});

Deno.test("docs/from-fastgrpc.md has no snippet that no row leads to", () => {
  const linked = ROWS.map(([, here]) => here).join("\n");
  const idle = [...SNIPPETS.keys()].filter((anchor) => !linked.includes(`(#${anchor})`));
  assertEquals(idle, []);
});

/** The rows of all tables, without their heads. */
function readRows(): (readonly [python: string, here: string])[] {
  const rows: [string, string][] = [];
  for (const [table] of PAGE.matchAll(/(?:^\|.*\n)+/gm)) {
    for (const line of table.trimEnd().split("\n").slice(2)) {
      const [, python, here] = line.split("|").map((cell) => cell.trim());
      rows.push([python!, here!]);
    }
  }
  return rows;
}

/** The programs, by the anchors of their headings. */
function readSnippets(): ReadonlyMap<string, string> {
  const snippets = new Map<string, string>();
  const all = PAGE.slice(PAGE.indexOf("\n## Snippets\n"));
  for (const section of all.split(/^### /m).slice(1)) {
    const title = section.slice(0, section.indexOf("\n"));
    const anchor = title.toLowerCase().replace(/[^\w\s-]/g, "").replaceAll(" ", "-");
    const code = /^```ts\n([\s\S]*?)^```$/m.exec(section)?.[1];
    if (code !== undefined) snippets.set(anchor, code);
  }
  return snippets;
}

function codeIn(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code]) => code!);
}

function wordsOf(code: string): string[] {
  return code.match(/\w+/g) ?? [];
}
