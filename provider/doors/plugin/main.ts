import { checkBeforePosts, VERSION } from "../../gitlab";
import { endWithoutEngine, engineAddress, watchEngine } from "../engine";
import { serve } from "./service";

if (process.argv.includes("--version")) {
  process.stdout.write(`${VERSION}\n`);
} else {
  // The engine starts the plugin with its own address as the last argument, and reads the port from the first line.
  const engine = engineAddress();
  watchEngine(engine);
  checkBeforePosts(() => endWithoutEngine());
  const host = engine?.host.includes(":") ? `[${engine.host}]` : engine?.host;
  serve(engine && `${host}:${engine.port}`).then(
    ({ port }) => process.stdout.write(`${port}\n`),
    (error: Error) => {
      process.stderr.write(`${error.message}\n`);
      process.exitCode = 1;
    },
  );
}
