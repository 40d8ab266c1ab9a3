import * as pulumi from "@pulumi/pulumi";
import { EngineFailure, withStack } from "../support/engine";

test("an inline program is created without later changes, and its outputs and steps are returned", async () => {
  await withStack(
    { config: { "test:word": "hello", "test:key": { value: "s3cret-canary", secret: true } } },
    async (stack) => {
      stack.program = async () => {
        const config = new pulumi.Config();
        new pulumi.ComponentResource("test:index:Thing", "thing");
        return { word: config.require("word"), key: config.requireSecret("key") };
      };
      const up = await stack.up();
      expect(up.ops("thing")).toEqual(["create"]);
      expect(up.outputs["word"]).toEqual({ value: "hello", secret: false });
      expect(up.outputs["key"]).toEqual({ value: "s3cret-canary", secret: true });
      expect(stack.stateFiles().join("\n")).toContain("test:index:Thing");
      expect(stack.allFiles().join("\n")).not.toContain("s3cret-canary");
      expect((await stack.preview()).changed).toEqual([]);
      expect((await stack.refresh()).changed).toEqual([]);
      expect((await stack.destroy()).changed.map((step) => step.op)).toEqual(["delete"]);
    },
  );
});

test("the error of a failing program has its output; an expected failure is returned", async () => {
  const program = async () => {
    throw new Error("the program's own words");
  };
  await withStack({ program }, async (stack) => {
    const failure = await stack.up().then(undefined, (error: unknown) => error);
    expect(failure).toBeInstanceOf(EngineFailure);
    expect((failure as Error).message).toContain("the program's own words");
    expect((await stack.up({ expectFailure: true })).output).toContain("the program's own words");
  });
});

test("at its limit the engine is killed with all its processes, and the error has its output", async () => {
  const program = async () => {
    await pulumi.log.info("about to hang");
    await new Promise(() => undefined);
  };
  await withStack({ program, limit: 60 }, async (stack) => {
    await expect(stack.up({ limit: 5 })).rejects.toThrow(/killed after 5 s[^]*Updating/);
    await stack.cli(["cancel", "--yes"]);
    stack.program = async () => ({});
    await stack.up();
  });
});
