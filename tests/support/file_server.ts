/**
 * The files of the project over HTTP, as a host of source code serves them.
 *
 * @module
 */

const ROOT = new URL("../../", import.meta.url);

/** Deno takes modules of no other type, save `text/plain`, by their names. */
const TYPES: Readonly<Record<string, string>> = {
  ts: "application/typescript",
  js: "text/javascript",
  json: "application/json",
};

/** A running server. */
export interface FileServer extends AsyncDisposable {
  /** Without a slash at its end. */
  readonly url: string;
  /** `127.0.0.1` with its port. */
  readonly host: string;
  /** Paths that were asked for, without the slash that they begin with. */
  readonly requested: ReadonlySet<string>;
}

/** Serves the files of the project. */
export function serveFiles(): FileServer {
  const requested = new Set<string>();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const path = new URL(request.url).pathname.slice(1);
    requested.add(path);
    const type = TYPES[path.split(".").at(-1)!];
    try {
      const file = await Deno.readFile(new URL(path, ROOT));
      return new Response(file, { headers: { "content-type": type ?? "text/plain" } });
    } catch {
      return new Response("not found", { status: 404 });
    }
  });
  const host = `127.0.0.1:${server.addr.port}`;
  return {
    url: `http://${host}`,
    host,
    requested,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
