import { assert, assertEquals, assertMatch } from "@std/assert";
import { flagsOf, readCompiled } from "../support/compiled.ts";
import { copiedFiles, readStages, runStage, valuesOf } from "../support/dockerfile.ts";

/** In place of Deno's runtime part, which may be out of reach. */
const RUNTIME = "/bin/true";
const IMAGES = ["", "script"];

const isLinux = Deno.build.os === "linux";
const STAGES = await readStages();

Deno.test("the Dockerfile copies files that are there, and no others", async () => {
  const files = await copiedFiles(STAGES, "source");
  for (const folder of ["src/", "gen/", "examples/"]) {
    assert(files.some((path) => path.startsWith(folder)), folder);
  }
  const others = files.filter((path) => !/^(src|gen|examples)\//.test(path));
  assertEquals(others.sort(), [
    "deno.json",
    "deno.lock",
    "deploy/app.ts",
    "deploy/main.ts",
    "mod.ts",
  ]);
  assertEquals(files.filter((path) => path.endsWith(".pem")), []);
});

Deno.test("the Dockerfile takes images of one version, which is that of the pipeline", async () => {
  const pipeline = await Deno.readTextFile(new URL("../../.ci/run", import.meta.url));
  const [, version] = /deno@(\S+)/.exec(pipeline)!;
  const images = STAGES.map(({ from }) => from).filter((from) => from.includes("/"));
  assertEquals(images, [
    `denoland/deno:${version}`,
    `denoland/deno:distroless-${version}`,
    "gcr.io/distroless/cc-debian12:nonroot",
  ]);
});

Deno.test("the Dockerfile makes images that are not root, and start without a shell", () => {
  for (const image of IMAGES) {
    assertEquals(valuesOf(STAGES, image, "USER"), ["65532:65532"]);
    assertEquals(valuesOf(STAGES, image, "WORKDIR"), ["/etc/greeter"]);
    assertEquals(valuesOf(STAGES, image, "RUN"), []);
    const commands = ["ENTRYPOINT", "CMD"].flatMap((name) => valuesOf(STAGES, image, name));
    const [check] = valuesOf(STAGES, image, "HEALTHCHECK");
    for (const command of [...commands, check!.replace(/^.*CMD /, "")]) {
      assert(Array.isArray(JSON.parse(command)), command);
    }
  }
  const [binary, script] = IMAGES.map((image) =>
    ["EXPOSE", "CMD"].map((name) => valuesOf(STAGES, image, name))
  );
  assertEquals(binary, script);
});

Deno.test({
  name: "the Dockerfile's stage compile bakes in the permissions with which script starts",
  ignore: !isLinux,
  async fn() {
    await using made = await runStage(STAGES, "compile", { DENORT_BIN: RUNTIME });
    const compiled = readCompiled(await Deno.readFile(new URL("greeter", made.out)));
    const [entrypoint] = valuesOf(STAGES, "script", "ENTRYPOINT");
    const flags = (JSON.parse(entrypoint!) as string[])
      .filter((each) => each.startsWith("--allow-"));
    assertEquals(flagsOf(compiled.permissions).sort(), flags.sort());
    assertEquals(compiled.permissions.prompt, false);
    assertEquals([...compiled.files.keys()], [compiled.entry]);
    const text = new TextDecoder().decode(compiled.files.get(compiled.entry));
    assertMatch(text, /program: "greeter"/);
  },
});
