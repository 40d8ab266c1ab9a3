// The CLI judges by lists of words whether a setting looks like a secret (`pulumi config set`). The library, twice in the CLI's
// dependencies, parses its lists whenever the CLI starts, which is more than half of the processor time of a start; the tests start
// it a thousand times. The build takes copies of the library that parse the lists at their first use.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { run } from "./run.mjs";

const LIBRARIES = ["github.com/ccojocar/zxcvbn-go", "github.com/nbutton23/zxcvbn-go"];

/** What becomes of each file: the library already has a function that loads the lists where a value is judged before. */
const CHANGES = {
  "frequency/frequency.go": [["func init() {", "func Load() {"]],
  "matching/matching.go": [
    ["func init() {\n\tloadFrequencyList()\n}\n", ""],
    ["func loadFrequencyList() {\n", "func loadFrequencyList() {\n\tfrequency.Load()\n"],
  ],
};

/**
 * Replaces the libraries in the go.mod of `source`, the folder that is built, by copies in `source`. Where a library is not as
 * expected, the CLI is built with it as it is, and only starts slower.
 */
export async function readWordListsAtFirstUse(source, env) {
  const { stdout } = await run("go", ["mod", "download", "-json", ...LIBRARIES], { limit: 600, cwd: source, env });
  for (const [, place] of stdout.matchAll(/"Dir": "(.*)"/g)) {
    const library = LIBRARIES.find((name) => place.includes(path.normalize(name)));
    const files = sourceFiles(place);
    for (const [file, changes] of Object.entries(CHANGES)) {
      for (const [from, to] of changes) {
        if (files[file]?.split(from).length === 2) files[file] = files[file].replace(from, to);
        else return;
      }
    }
    // The older of the two is from before Go had modules.
    files["go.mod"] ??= `module ${library}\n`;
    const copy = path.basename(path.dirname(library));
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(source, copy, file)), { recursive: true });
      writeFileSync(path.join(source, copy, file), text);
    }
    await run("go", ["mod", "edit", `-replace=${library}=./${copy}`], { limit: 60, cwd: source, env });
  }
}

/** The text of each file that Go compiles, by its path in the module. Not copied as a folder: Go's cache may be read-only. */
function sourceFiles(place) {
  const names = readdirSync(place, { recursive: true }).filter((file) => /\.go$|^go\.mod$/.test(file));
  const files = names.filter((file) => !file.endsWith("_test.go"));
  return Object.fromEntries(
    files.map((file) => [file.split(path.sep).join("/"), readFileSync(path.join(place, file), "utf8")]),
  );
}
