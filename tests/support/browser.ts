/**
 * Debian's Chromium without a window, and pages for it. It trusts a CA as a developer's browser does:
 * by the certificate database of its user, who lives in a temporary folder here.
 *
 * @module
 */

import { type CDPSession, chromium, type Page } from "playwright-core";
import { createTempDirectory } from "./pem_files.ts";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Options for {@linkcode launchBrowser}. */
export interface BrowserOptions {
  /** PEM file of the CA to trust, `undefined` for none but those of the public. */
  readonly ca: URL | undefined;
  /** Further arguments for Chromium. */
  readonly flags?: readonly string[];
}

/** One request that the browser made, be it a preflight. */
export interface BrowserRequest {
  /** `Preflight` or `Fetch`. */
  readonly type: string;
  readonly method: string;
  /** `h2` or `http/1.1`. */
  readonly protocol: string | undefined;
  readonly status: number;
  readonly header: Readonly<Record<string, string>>;
}

/** A page in the browser, with what it asked other origins for. */
export interface BrowserPage {
  readonly page: Page;
  /** What was answered since the page was opened, or since the last look. */
  takeRequests(): BrowserRequest[];
}

/** A running browser, closed with the test's block. */
export interface Browser extends AsyncDisposable {
  /** Opens a page at an address, and waits for its scripts. */
  open(url: string): Promise<BrowserPage>;
}

/** Starts the browser with an empty profile. */
export async function launchBrowser({ ca, flags = [] }: BrowserOptions): Promise<Browser> {
  const home = await createTempDirectory();
  if (ca !== undefined) await trust(home.directory, ca);
  const browser = await chromium.launch({
    executablePath: await pathOf("chromium"),
    headless: true,
    args: [...FLAGS, ...flags],
    env: { ...Deno.env.toObject(), HOME: home.directory.pathname },
  });
  return {
    async open(url) {
      const page = await browser.newPage();
      const takeRequests = await watchRequests(await page.context().newCDPSession(page));
      await page.goto(url, { waitUntil: "load" });
      return { page, takeRequests };
    },
    async [Symbol.asyncDispose]() {
      await browser.close();
      await home[Symbol.asyncDispose]();
    },
  };
}

/** Puts a CA where Chromium looks for those of its user. */
async function trust(home: URL, ca: URL): Promise<void> {
  const folder = new URL(".pki/nssdb/", home);
  await Deno.mkdir(folder, { recursive: true });
  const database = `sql:${folder.pathname}`;
  await run("certutil", "-d", database, "-N", "--empty-password");
  await run("certutil", "-d", database, "-A", "-t", "C,,", "-n", "test CA", "-i", ca.pathname);
}

async function run(command: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args }).output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  if (success) return decode(stdout);
  throw new Error(`${command} ${args.join(" ")} failed:\n${decode(stdout)}${decode(stderr)}`);
}

/** Playwright takes nothing but a path. */
async function pathOf(command: string): Promise<string> {
  return (await run("sh", "-c", `command -v ${command}`)).trim();
}

/** Looks at the network from below the page: scripts see neither preflights nor HTTP versions. */
async function watchRequests(session: CDPSession): Promise<() => BrowserRequest[]> {
  let requests: BrowserRequest[] = [];
  const methods = new Map<string, string>();
  session.on("Network.requestWillBeSent", ({ requestId, request }) => {
    methods.set(requestId, request.method);
  });
  session.on("Network.responseReceived", ({ requestId, type, response }) => {
    const { protocol, status, headers: header } = response;
    requests.push({ type, method: methods.get(requestId) ?? "", protocol, status, header });
  });
  await session.send("Network.enable");
  return () => {
    const taken = requests.filter(({ type }) => type === "Preflight" || type === "Fetch");
    requests = [];
    return taken;
  };
}
