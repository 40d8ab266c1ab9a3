import { provideGoProgram } from "./goProgram.mjs";
import { provideHelm } from "./helm.mjs";
import { providePythonPackages } from "./pythonPackages.mjs";
import { provideYamlHost } from "./yamlHost.mjs";

/**
 * Provides the clients and renderers of the tests: a virtual environment with python-gitlab and schemathesis, a program built with
 * GitLab's Go client, Helm, and Pulumi's YAML host. Each is `{ path }`, or `{ missing }`: the reason in one line why it could not be installed. The
 * tests decide what a missing one means.
 *
 * @typedef {{ path?: string, missing?: string }} Client
 * @returns {Promise<{ python: Client, go: Client, helm: Client, yaml: Client }>}
 */
export async function provideClients() {
  return {
    python: await providePythonPackages({
      name: "clients-python",
      source: "tests/conformance/python",
      what: "python-gitlab and schemathesis, for the conformance tests,",
    }),
    go: await provideGoProgram({
      name: "clients-go",
      source: "tests/conformance/go",
      program: "story",
      what: "building tests/conformance/go with GitLab's Go client (once)",
    }),
    helm: await provideHelm(),
    yaml: await provideYamlHost(),
  };
}
