// Installs what the other commands need: dependencies and the Pulumi CLI, and builds the package. Run by scripts/with-node.sh.
//   --build   only the dependencies and the build
//   --env     all, then shell lines that put the Node.js and the CLI on PATH; standard output has nothing else
//   --clients only the clients of the conformance tests, and Helm, reported as JSON; standard output has nothing else
//   --sdks    only the tools for the generated SDKs' tests, reported as JSON; standard output has nothing else
import { buildPackage } from "./build.mjs";
import { provideClients } from "./setup/clients.mjs";
import { installDependencies } from "./setup/dependencies.mjs";
import { shellLines } from "./setup/environment.mjs";
import { providePulumi } from "./setup/pulumi.mjs";
import { main, sayWhole } from "./setup/say.mjs";
import { provideSdks } from "./setup/sdks.mjs";

const wants = (flag) => process.argv.includes(`--${flag}`);

await main(async () => {
  if (wants("clients")) {
    console.log(JSON.stringify(await provideClients()));
    return 0;
  }
  if (wants("sdks")) {
    console.log(JSON.stringify(await provideSdks()));
    return 0;
  }
  const npm = await installDependencies();
  if (wants("build")) return buildPackage();
  const folders = await providePulumi();
  const failed = await buildPackage();
  sayWhole();
  if (!wants("env")) return failed;
  console.log(shellLines({ ...folders, before: [...folders.before, ...npm] }));
  // The build writes its output despite type errors, which the checks report.
  return 0;
});
