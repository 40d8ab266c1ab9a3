// The engine's own cost: a dynamic resource that does nothing.
const pulumi = require("@pulumi/pulumi");

const nothing = {
  async create(inputs) {
    return { id: inputs.name, outs: inputs };
  },
  async diff(id, olds, news) {
    return { changes: olds.name !== news.name };
  },
  async read(id, props) {
    return { id, props };
  },
  async delete() {},
};

class Nothing extends pulumi.dynamic.Resource {
  constructor(name) {
    super(nothing, name, { name });
  }
}

for (let i = 0; i < Number(process.env.BENCH_AGENTS); i++) new Nothing(`agent-${i}`);
