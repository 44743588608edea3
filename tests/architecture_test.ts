import { assertEquals } from "@std/assert";

const SRC = new URL("../src/", import.meta.url);

/** The rows of docs/architecture.md: a file imports from rows above its own, or earlier in its own. */
const ROWS: readonly (readonly string[])[] = [
  // Third-party code
  [
    "deps",
    "deps/client_certificate",
    "deps/dev_certs",
    "deps/leven",
    "deps/opentelemetry",
    "deps/prometheus",
    "deps/wire",
    "deps/yaml",
    "deps/zod",
  ],
  // Values
  ["config_error", "suggest", "duration", "errors", "log", "timer_heap", "roster"],
  // HTTP/2: knows values only
  [
    "http2/field",
    "http2/header_list",
    "http2/huffman",
    "http2/hpack_error",
    "http2/hpack_table",
    "http2/byte_cache",
    "http2/hpack_decoder",
    "http2/hpack_encoder",
    "http2/frames",
    "http2/byte_queue",
    "http2/frame_reader",
    "http2/header_block",
    "http2/settings",
    "http2/output",
    "http2/control_frames",
    "http2/receive_window",
    "http2/request_body",
    "http2/server_stream",
    "http2/sender",
    "http2/stream_map",
    "http2/streams",
    "http2/liveness",
    "http2/flood_guard",
    "http2/stream_frames",
    "http2/receiver",
    "http2/session",
  ],
  // The call
  [
    "peer",
    "http_stream",
    "baggage",
    "deadline",
    "settled_within",
    "context",
    "service",
    "call_observer",
    "call",
    "interceptor_context",
  ],
  // Text from descriptors
  [
    "proto_text/literals",
    "proto_text/names",
    "proto_text/source_comments",
    "proto_text/layout",
    "proto_text/order",
    "proto_text/extension_index",
    "proto_text/file_context",
    "proto_text/option_values",
    "proto_text/options",
    "proto_text/range_text",
    "proto_text/enum_text",
    "proto_text/service_text",
    "proto_text/field_text",
    "proto_text/message_text",
    "proto_text/proto_text",
  ],
  // Code-first: schemas of Zod, without Zod
  [
    "schema/model",
    "schema/field_error",
    "schema/naming",
    "schema/setup_error",
    "schema/durations",
    "schema/well_known",
    "schema/mapping",
    "schema/definition",
    "schema/file_draft",
    "schema/field_models",
    "schema/reading",
    "schema/read_scalar",
    "schema/read_enum",
    "schema/read_message",
    "schema/read_union",
    "schema/read_type",
    "schema/read_services",
    "schema/name_clashes",
    "schema/comments",
    "schema/descriptor",
    "schema/file_types",
    "schema/to_value",
    "schema/to_message",
    "schema/field_path",
    "schema/violations",
    "schema/safe_parse",
    "schema/many",
    "schema/flood_guard",
    "schema/changes",
    "schema/compile_services",
  ],
  // The lock: numbers that stay
  [
    "lock/shape",
    "lock/breaking",
    "lock/numbering",
    "lock/lock",
    "lock/apply_lock",
    "lock/located_json",
    "lock/lock_check",
    "lock/lock_file",
  ],
  // Code-first: the services
  [
    "code_first/proto_folder",
    "code_first/code_method",
    "code_first/code_service",
    "code_first/map_async",
    "code_first/handlers",
    "code_first/code_package",
    "code_first/proto_report",
    "code_first/unclaimed_locks",
  ],
  // Transport: knows no service
  [
    "transport/read_bytes",
    "transport/http1_request",
    "transport/http1_stream",
    "transport/http2_stream",
    "transport/session_shield",
    "transport/tls_reads",
    "transport/peer_reader",
    "transport/distinguished_name",
    "transport/client_certificate",
    "transport/connection_limits",
    "transport/lifetime",
    "transport/rate_limit",
    "transport/backlog",
    "transport/gathered_writes",
    "transport/goaway",
    "transport/http2_link",
    "transport/connection",
    "transport/node_link",
    "transport/node_engine",
    "transport/direct_stream",
    "transport/direct_link",
    "transport/cleartext",
    "transport/connections",
    "transport/pem",
    "transport/tls",
    "transport/resumption",
    "transport/certificate_reload",
    "transport/listen_address",
    "transport/listener",
  ],
  // Protocol
  [
    "protocol/ask_ahead",
    "protocol/protocol",
    "protocol/last_words",
    "protocol/fields",
    "protocol/request_url",
    "protocol/refusal",
    "protocol/compression",
    "protocol/failure",
    "protocol/lane",
    "protocol/types",
    "protocol/cors",
    "protocol/protobuf/unfit",
    "protocol/protobuf/usual",
    "protocol/protobuf/long",
    "protocol/protobuf/byte_writer",
    "protocol/protobuf/scalar_writers",
    "protocol/protobuf/field_writers",
    "protocol/protobuf/encoder",
    "protocol/protobuf/byte_reader",
    "protocol/protobuf/scalar_readers",
    "protocol/protobuf/field_readers",
    "protocol/protobuf/decoder",
    "protocol/grpc/envelope_parser",
    "protocol/grpc/request_stream",
    "protocol/grpc/grpc_method",
    "protocol/grpc/grpc_reply",
    "protocol/grpc/intercepted",
    "protocol/grpc/grpc_call",
    "protocol/grpc/grpc_lane",
    "protocol/join_pieces",
    "protocol/universal",
    "protocol/outcome",
    "protocol/long_error",
    "protocol/enforcement",
    "protocol/connect_lane",
  ],
  // Built-ins: users of the public API only
  ["health_status", "health", "descriptor_index", "reflection"],
  // The process, and several of them on one port
  [
    "stop_signals",
    "workers/messages",
    "workers/worker_place",
    "workers/own_command",
    "workers/instance",
    "workers/child_process",
    "workers/worker_process",
    "workers/restart_policy",
    "workers/set_up_error",
    "workers/whole_health",
    "workers/whole_metrics",
    "workers/replacement",
    "workers/supervisor",
    "workers/run_workers",
    "workers/worker_channel",
    "workers/orders",
    "workers/as_worker",
  ],
  // Telemetry: what is observed of calls and of the process
  [
    "telemetry/instruments",
    "telemetry/call_attributes",
    "telemetry/call_telemetry",
    "telemetry/process_metrics",
    "telemetry/prometheus",
    "telemetry/observation",
  ],
  // Together
  [
    "app_options",
    "serve_options",
    "run_options",
    "service_table",
    "dispatcher",
    "side_ports/side_port",
    "side_ports/admin_port",
    "side_ports/health_port",
    "surroundings",
    "server",
    "starter",
    "run_app",
    "app_collection",
    "app",
  ],
  // Clients
  [
    "client/client_tls",
    "client/exchange_end",
    "client/http_body",
    "client/http2_connection",
    "client/http2_client",
    "client/http1_client",
    "client/protocol_transport",
    "client/call_scope",
    "client/sent_requests",
    "client/service_client",
    "client/code_client",
    "client/client_options",
    "client",
  ],
  // Ways in
  ["generated_message"],
  [
    "dev_certs/key_pair",
    "dev_certs/pem_files",
    "dev_certs/x509",
    "dev_certs/hosts",
    "dev_certs/dev_certs_options",
    "dev_certs/dev_certs",
  ],
  ["proto"],
  // Configuration: reads no file but in one place
  [
    "config/value_type",
    "config/keys",
    "config/setting",
    "config/text_settings",
    "config/yaml",
    "config/yaml_lines",
    "config/document",
    "config/app_settings",
    "config/effective_yaml",
    "config/json_schema",
    "config/load_config",
  ],
  // The command line
  [
    "cli/version",
    "cli/command",
    "cli/style",
    "cli/escape",
    "cli/parse",
    "cli/help",
    "cli/describe_error",
    "cli/with_stop_signals",
    "cli/metadata",
    "cli/server_address",
    "cli/client_flags",
    "cli/probe_messages",
    "cli/probe_connection",
    "cli/health_question",
    "cli/health_probe",
    "cli/health_watch",
    "cli/health",
    "cli/call_connection",
    "cli/type_source",
    "cli/reflection_source",
    "cli/error_details",
    "cli/json_names",
    "cli/server_types",
    "cli/json_values",
    "cli/json_request",
    "cli/json_reply",
    "cli/call_failure",
    "cli/call_requests",
    "cli/call_trace",
    "cli/find_method",
    "cli/print_reply",
    "cli/signatures",
    "cli/run_call",
    "cli/call",
    "cli/config_flags",
    "cli/load_app",
    "cli/prepare_app",
    "cli/check_app",
    "cli/serve",
    "cli/progress",
    "cli/days",
    "cli/make_certs",
    "cli/pem_contents",
    "cli/show_certs",
    "cli/certs",
    "cli/permission_set",
    "cli/module_graph",
    "cli/needed_permissions",
    "cli/permissions",
    "cli/run_proto",
    "cli/proto",
    "cli/check",
    "cli/completion_scripts",
    "cli/completions",
    "cli/commands",
    "cli",
  ],
  [
    "testing/memory_stream",
    "testing/memory_client",
    "testing",
  ],
];

/** Rows that do not know of each other; the row "together" joins them. */
const SIBLINGS = ["transport/", "protocol/"];

/** Imported only when needed, so that its order does not matter. */
const LAZY = ["transport/client_certificate"];

/** Where Deno's own API may be used; the rest runs wherever node's and the web's do. */
const MAY_USE_DENO = [
  "transport/listen_address",
  "stop_signals",
  "workers/",
  "dev_certs/",
  "config/load_config",
  "cli",
];

/** What people run, and read the output of. */
const PROGRAMS = ["cli"];

const MAX_LINES = 300;

/** Imports and exports that name a module, not those in the examples of comments. */
const STATEMENTS = /^(?:(?:import|export)\b[^;"]*\bfrom |import )"([^"]+)"|\bimport\("([^"]+)"\)/gm;

Deno.test("src files have a place in the rows, and every place has its file", async () => {
  const names = (await sources()).map(({ name }) => name).sort();
  assertEquals(names, ROWS.flat().sort());
});

Deno.test("src files import only from rows above their own", async () => {
  const order = ROWS.flat();
  const wrong: string[] = [];
  for (const { name, text } of await sources()) {
    for (const target of importsOf(name, text)) {
      const isBelow = order.indexOf(target) >= order.indexOf(name) && !LAZY.includes(target);
      const side = SIBLINGS.find((prefix) => name.startsWith(prefix));
      const other = SIBLINGS.find((prefix) => target.startsWith(prefix));
      const isAcross = side !== undefined && other !== undefined && side !== other;
      if (isBelow || isAcross) wrong.push(`${name} imports ${target}`);
    }
  }
  assertEquals(wrong, []);
});

Deno.test("src files keep to the house rules", async () => {
  const wrong: string[] = [];
  for (const { name, text } of await sources()) {
    const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");
    if (!text.startsWith("/**\n")) wrong.push(`${name} does not say what it is`);
    if (text.split("\n").length > MAX_LINES) wrong.push(`${name} has over ${MAX_LINES} lines`);
    if (/\bconsole\./.test(code) && !PROGRAMS.some((prefix) => name.startsWith(prefix))) {
      wrong.push(`${name} writes to the console`);
    }
    if (/^export default|\benum |\bnamespace /m.test(code)) wrong.push(`${name}: see house style`);
    const mayUseDeno = MAY_USE_DENO.some((prefix) => name.startsWith(prefix));
    if (/\bDeno\./.test(code) && !mayUseDeno) wrong.push(`${name} uses Deno's own API`);
  }
  assertEquals(wrong, []);
});

Deno.test("src files get third-party code from the files for it", async () => {
  const wrong: string[] = [];
  const entry = { name: "../mod", text: await Deno.readTextFile(new URL("../mod.ts", SRC)) };
  for (const { name, text } of [entry, ...await sources()]) {
    if (name === "deps" || name.startsWith("deps/")) continue;
    for (const [, from, lazy] of text.matchAll(STATEMENTS)) {
      const specifier = from ?? lazy!;
      if (!/^(\.|node:)/.test(specifier)) wrong.push(`${name} imports ${specifier}`);
    }
  }
  assertEquals(wrong, []);
});

interface Source {
  readonly name: string;
  readonly text: string;
}

async function sources(directory: URL = SRC): Promise<Source[]> {
  const found: Source[] = [];
  for await (const entry of Deno.readDir(directory)) {
    if (entry.isDirectory) {
      found.push(...await sources(new URL(`${entry.name}/`, directory)));
    } else if (entry.name.endsWith(".ts")) {
      const url = new URL(entry.name, directory);
      const name = url.href.slice(SRC.href.length, -".ts".length);
      found.push({ name, text: await Deno.readTextFile(url) });
    }
  }
  return found;
}

function importsOf(name: string, text: string): string[] {
  const specifiers = text.matchAll(/(?:from |import\()"(\.[^"]+)"/g);
  return [...specifiers]
    .map(([, specifier]) => new URL(specifier!, new URL(name, SRC)).href)
    .filter((href) => href.startsWith(SRC.href))
    .map((href) => href.slice(SRC.href.length, -".ts".length));
}
