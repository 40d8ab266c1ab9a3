import * as pulumi from "@pulumi/pulumi";
import type { AgentInstallationArgs } from "./agentInstallationArgs";

const CHART = "gitlab-agent";
const REPOSITORY = "https://charts.gitlab.io";

/** OCI addresses and paths, which need no repository. */
const SELF_CONTAINED = /^[a-z]+:\/\/|^[./~]|\.tgz$/;

/** The chart of a release and its source: GitLab's, unless the program names another. */
export function chartOf({ chart = CHART, version, repository }: AgentInstallationArgs) {
  return { chart, version, repositoryOpts: repositoryOf(chart, repository) };
}

function repositoryOf(
  chart: pulumi.Input<string>,
  repository: pulumi.Input<string> | undefined,
): pulumi.Input<{ repo: pulumi.Input<string> }> {
  if (repository !== undefined) return { repo: repository };
  // Older types of the Release do not accept an output of undefined.
  const known = pulumi.output(chart).apply((named) => (SELF_CONTAINED.test(named) ? undefined : { repo: REPOSITORY }));
  return known as pulumi.Output<{ repo: string }>;
}
