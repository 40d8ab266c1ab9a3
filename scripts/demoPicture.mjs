// Draws docs/demo.svg: the terminal of a real `make demo`, recorded as an asciicast and drawn by svg-term. Run by `make demo-picture`.
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { repository } from "./setup/cache.mjs";
import { main, SetupError } from "./setup/say.mjs";

const { render } = createRequire(import.meta.url)("svg-term");
const [columns, rows] = [108, 30];
/** The maximal seconds between two lines, and the seconds for which the end is shown. */
const [longest, end] = [0.6, 6];

await main(async () => {
  const events = await record();
  const lines = [
    JSON.stringify({ version: 2, width: columns, height: rows }),
    ...events.map((event) => JSON.stringify(event)),
  ];
  const svg = render(lines.join("\n"), { window: true, paddingX: 1, paddingY: 1 });
  const title =
    "The terminal of make demo: a program goes up against the simulator, is previewed without a change, and is destroyed";
  const named = svg.replace(/^<svg /, '<svg role="img" aria-label="' + title + '" ');
  writeFileSync(path.join(repository, "docs/demo.svg"), `${named}\n`);
  console.log(`docs/demo.svg: ${events.length} events, ${Math.round(named.length / 1024)} kB`);
});

/** Runs the demo in its own terminal, and returns its output as events of an asciicast. */
async function record() {
  const child = spawn("script", ["-qec", `stty cols ${columns} rows ${rows}; make -s demo`, "/dev/null"], {
    cwd: repository,
    env: { ...process.env, TERM: "xterm-256color" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const events = [];
  let time = 0;
  let last = Date.now();
  // The output of set-up depends on the machine, so it is left out.
  let begun = false;
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (piece) => {
    text += piece;
    if (!begun) {
      const start = text.indexOf("The GitLab simulator serves");
      if (start < 0) return;
      begun = true;
      events.push([0, "o", "$ make demo\r\n"]);
      piece = text.slice(start);
      last = Date.now();
    }
    time += Math.min((Date.now() - last) / 1000, longest);
    last = Date.now();
    events.push([Number(time.toFixed(2)), "o", piece]);
  });
  const code = await new Promise((resolve, reject) => {
    child.on("error", () =>
      reject(new SetupError("the command `script` (util-linux) is needed: it gives the demo a terminal")),
    );
    child.on("close", resolve);
  });
  if (code !== 0) throw new SetupError(`make demo ended with exit code ${code}:\n${text}`);
  events.push([time + end, "o", "$ "]);
  return events;
}
