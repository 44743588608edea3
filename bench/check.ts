/**
 * Whether a server answers rightly, to the byte, before it is measured: a fast wrong answer is none.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { type ClientHttp2Session, connect } from "node:http2";
import { shieldSession } from "../src/transport/session_shield.ts";
import { CONTENT_TYPE, type Request } from "./requests.ts";
import type { Variant } from "./rows.ts";
import type { CertificateFiles } from "./settings.ts";

const BOUND_MS = 10_000;

/** Where to call, and how. */
export interface Target {
  readonly port: number;
  readonly contentType: string | undefined;
}

/** Makes a call. @throws {Error} If the reply is not the right one. */
export async function checkReply(
  { port, contentType = CONTENT_TYPE }: Target,
  { path, bytes, reply, times }: Request,
  variant: Variant,
  files: CertificateFiles,
): Promise<void> {
  const session = await open(port, variant, files);
  try {
    const { data, status } = await call(session, { path, bytes, contentType });
    if (status !== "0") throw new Error(`${path} ended with grpc-status ${status}`);
    const expected = Buffer.concat(Array.from({ length: times }, () => reply));
    if (!data.equals(expected)) {
      throw new Error(`${path} answered ${data.length} bytes, not the right ${expected.length}`);
    }
  } finally {
    const { promise, resolve } = Promise.withResolvers<void>();
    session.once("close", resolve);
    session.destroy();
    await promise;
  }
}

async function open(
  port: number,
  variant: Variant,
  files: CertificateFiles,
): Promise<ClientHttp2Session> {
  const isSecure = variant === "tls" || variant === "mtls";
  const session = shieldSession(connect(`${isSecure ? "https" : "http"}://localhost:${port}`, {
    host: "127.0.0.1",
    ...(isSecure && { ca: await Deno.readTextFile(files.ca) }),
    ...(variant === "mtls" && {
      cert: await Deno.readTextFile(files.clientCertificate),
      key: await Deno.readTextFile(files.clientKey),
    }),
  }));
  await new Promise<void>((resolve, reject) => {
    session.once("connect", () => resolve());
    session.once("error", reject);
  });
  return session;
}

function call(
  session: ClientHttp2Session,
  { path, bytes, contentType }: { path: string; bytes: Uint8Array; contentType: string },
): Promise<{ data: Buffer; status: unknown }> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${path} did not answer in time`)), BOUND_MS);
    const stream = session.request({
      ":method": "POST",
      ":path": path,
      "content-type": contentType,
      "te": "trailers",
    });
    const chunks: Buffer[] = [];
    let status: unknown;
    stream.on("response", (fields) => status = fields["grpc-status"]);
    stream.on("trailers", (fields) => status = fields["grpc-status"]);
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("error", reject);
    session.on("error", reject);
    stream.on("close", () => {
      clearTimeout(timer);
      resolve({ data: Buffer.concat(chunks), status });
    });
    stream.end(bytes);
  });
}
