import * as fs from "node:fs";
import * as pulumi from "@pulumi/pulumi";

interface Content {
  path: string;
  token: string;
}

// An example of a token's consumer, such as a Secret in the cluster, a vault, or, as here, the file of agentk's `--token-file`.
// It gets a new token by an update in place, and always has one.
const provider: pulumi.dynamic.ResourceProvider<Content, Content> = {
  async create(inputs) {
    replaceFile(inputs);
    return { id: inputs.path, outs: inputs };
  },
  async diff(_id, olds, news) {
    const moved = olds.path !== news.path;
    return { changes: moved || olds.token !== news.token, replaces: moved ? ["path"] : [] };
  },
  async update(_id, _olds, news) {
    replaceFile(news);
    return { outs: news };
  },
  async delete(_id, { path }) {
    fs.rmSync(path, { force: true });
  },
};

/** Replaces the file at once, so that readers see either the old token or the new one. */
function replaceFile({ path, token }: Content): void {
  fs.writeFileSync(`${path}.new`, token, { mode: 0o600 });
  fs.renameSync(`${path}.new`, path);
}

/** A file with an agent's token, readable only by its owner. */
export class TokenFile extends pulumi.dynamic.Resource {
  declare readonly path: pulumi.Output<string>;

  constructor(
    name: string,
    args: { path: pulumi.Input<string>; token: pulumi.Input<string> },
    opts?: pulumi.CustomResourceOptions,
  ) {
    super(provider, name, { ...args, token: pulumi.secret(args.token) }, opts, "example", "TokenFile");
  }
}
