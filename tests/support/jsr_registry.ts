/**
 * A stand-in for JSR on the loopback: as much of its protocol as `deno publish` needs to hand in a
 * package, and `deno run` to get one. What JSR itself would refuse is not checked here.
 *
 * @module
 */

import { readTar } from "./tar.ts";

/** A version of a package. */
export interface PublishedVersion {
  /** The files, by their paths in the package. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Of its deno.json. */
  readonly exports: Readonly<Record<string, string>>;
}

/** A running registry. */
export interface JsrRegistry extends AsyncDisposable {
  /** For the variable `JSR_URL`. */
  readonly url: string;
  /** What was published, by `@scope/name@version`. */
  readonly published: ReadonlyMap<string, PublishedVersion>;
}

/** The token that it takes, for `--token`. */
export const JSR_TOKEN = "loopback";

const API = new URLPattern({ pathname: "/api/scopes/:scope/packages/:name" });
const API_VERSION = new URLPattern({
  pathname: "/api/scopes/:scope/packages/:name/versions/:version",
});
const META = new URLPattern({ pathname: "/@:scope/:name/meta.json" });
const VERSION_META = new URLPattern({ pathname: "/@:scope/:name/:version([^/]+)_meta.json" });
const FILE = new URLPattern({ pathname: "/@:scope/:name/:version/*" });

/** Starts it, without any package. */
export function startJsrRegistry(): JsrRegistry {
  const published = new Map<string, PublishedVersion>();

  const get = async (url: string): Promise<Response> => {
    const found = (pattern: URLPattern) => {
      const { scope, name, version, 0: path } = pattern.exec(url)?.pathname.groups ?? {};
      return name === undefined
        ? undefined
        : { key: `@${scope}/${name}@${version}`, scope, name, path };
    };
    if (API.test(url)) return Response.json({});
    const inApi = found(API_VERSION);
    if (inApi !== undefined) return published.has(inApi.key) ? Response.json({}) : notFound();
    const meta = found(META);
    if (meta !== undefined) return Response.json(listVersions(published, meta));
    const versionMeta = found(VERSION_META);
    const version = published.get(versionMeta?.key ?? "");
    if (version !== undefined) return Response.json(await describeVersion(version));
    const { key = "", path } = found(FILE) ?? {};
    const file = published.get(key)?.files.get(path ?? "");
    return file === undefined ? notFound() : new Response(new Uint8Array(file), {
      headers: { "content-type": path!.endsWith(".ts") ? "text/typescript" : "text/plain" },
    });
  };

  const publish = async (request: Request): Promise<Response> => {
    const { scope, name, version } = API_VERSION.exec(request.url)?.pathname.groups ?? {};
    if (name === undefined) return notFound();
    if (request.headers.get("authorization") !== `Bearer ${JSR_TOKEN}`) {
      return Response.json({ code: "unauthorized", message: "a token is wanted" }, { status: 401 });
    }
    const files = await readTar(request.body!.pipeThrough(new DecompressionStream("gzip")));
    const config = JSON.parse(new TextDecoder().decode(files.get("deno.json")));
    published.set(`@${scope}/${name}@${version}`, { files, exports: config.exports });
    return Response.json({ id: "1", status: "success", error: null });
  };

  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    return request.method === "POST" ? publish(request) : get(request.url);
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}/`,
    published,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

function notFound(): Response {
  return Response.json({ code: "notFound", message: "not found" }, { status: 404 });
}

function listVersions(
  published: ReadonlyMap<string, PublishedVersion>,
  { scope, name }: { readonly scope?: string | undefined; readonly name?: string | undefined },
) {
  const prefix = `@${scope}/${name}@`;
  const versions = [...published.keys()].filter((key) => key.startsWith(prefix))
    .map((key) => key.slice(prefix.length));
  return {
    scope,
    name,
    latest: versions.at(-1) ?? null,
    versions: Object.fromEntries(versions.map((version) => [version, {}])),
  };
}

async function describeVersion({ files, exports }: PublishedVersion) {
  const manifest: Record<string, unknown> = {};
  for (const [path, bytes] of files) {
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array(bytes)));
    manifest[`/${path}`] = { size: bytes.byteLength, checksum: `sha256-${hash.toHex()}` };
  }
  return { manifest, exports };
}
