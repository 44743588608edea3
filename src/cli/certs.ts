/**
 * `certs`: makes certificates for development, or shows what is in PEM files.
 *
 * @module
 */

import { ConfigError } from "../errors.ts";
import { type Command, defineCommand } from "./command.ts";

/** Makes development certificates, or shows PEM files. */
export const certs: Command = defineCommand({
  name: "certs",
  summary: "makes certificates for development, or shows what is in PEM files",
  description:
    "Makes a CA, and a server and a client certificate that it signs, or reuses those that are there\n" +
    "and still good. Private keys are for their owner alone, and are never written again: for new ones\n" +
    "delete the directory. Files of another origin are not touched. Not for production.\n" +
    "With --show nothing is made: certificates, chains, bundles and keys are shown, from whomever.",
  flags: {
    dir: {
      type: "string",
      value: "<path>",
      summary: "where they are (certs)",
      completes: "directory",
    },
    host: {
      type: "string",
      value: "<name>",
      multiple: true,
      summary: "the server's, besides localhost, 127.0.0.1 and ::1 (those that it had before)",
    },
    days: {
      type: "string",
      value: "<n>",
      summary: "how long new ones are valid, from 8 to 398 days; the CA for 10 years (90)",
    },
    force: {
      type: "boolean",
      summary: "make the server's and the client's anew, though they are still good",
    },
    show: {
      type: "boolean",
      summary: "show these files, or all in --dir, and make nothing",
    },
  },
  positionals: [{
    name: "file",
    summary: "a PEM file, for --show",
    optional: true,
    multiple: true,
    completes: "file",
  }],
  exitCodes: {
    0: "they are there; with --show, all are valid now",
    1: "with --show: one is out of date, or a key belongs to none of the certificates",
    2: "wrong usage, or a file that cannot be read, used or written",
  },
  examples: [
    "certs",
    "certs --host=api.test --host=192.168.1.7 --force",
    "certs --show",
    "certs --show /etc/tls/tls.crt /etc/tls/tls.key",
  ],
  async run({ values, positionals }) {
    const { dir = "certs", host, days, force, show } = values;
    if (!show) {
      if (positionals.length > 0) {
        throw new ConfigError(
          `Cannot make certificates of files: use --show to see what is in them`,
        );
      }
      const { makeCerts } = await import("./make_certs.ts");
      return await makeCerts({ dir, hosts: host, days, force });
    }
    if (host.length > 0 || days !== undefined || force !== undefined) {
      throw new ConfigError("Cannot use --show with --host, --days or --force: it makes nothing");
    }
    const { showCerts } = await import("./show_certs.ts");
    return await showCerts(dir, positionals);
  },
});
