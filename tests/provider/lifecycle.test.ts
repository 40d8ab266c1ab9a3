import { secret, serve } from "../../provider/doors/dynamic";
import { formatId, parseId } from "../../provider/inputs/ids";
import { lifecycleOf, type Kind } from "../../provider/lifecycle";
import { toPlainJson } from "../../provider/inputs/properties";
import { createResult, type InitFailure } from "../../provider/lifecycle";
import { isUnknown } from "../../provider/inputs/properties";
import { NotFoundError } from "../../provider/gitlab";
import { UNKNOWN, type Door } from "./doors";

interface Found {
  id: number;
}
interface State {
  project: string;
  name?: string;
  agentId: number;
}
type BaseKind = Kind<{ project: string }, State, Found>;

const NOT_FOUND = new NotFoundError({ what: "read it" });
const baseKind: BaseKind = {
  kind: "agent",
  resource: "ClusterAgent",
  numberKey: "agentId",
  verb: "delete",
  compared: [],
  describe: () => "it",
  importObject: () => Promise.resolve({ id: 1 }),
  check: (_, news) => ({ inputs: news, violations: [] }),
  diff: () => Promise.resolve({}),
  create: () => Promise.resolve({ id: 1 }),
  known: () => ({}),
  created: () => ({ project: "p/q", agentId: 1 }),
  projectIdIn: () => undefined,
  get: () => Promise.reject(NOT_FOUND),
  existence: () => Promise.resolve({ verdict: "gone" }),
  notFound: () => "There is none",
  refreshed: () => ({ project: "p/q", agentId: 1 }),
  delete: () => Promise.resolve(),
};
const door = (part: Partial<BaseKind>) => serve(lifecycleOf({ ...baseKind, ...part })) as Door;

describe("results for the engine", () => {
  test("have no undefined at any depth, and keep null", () => {
    expect(toPlainJson({ a: undefined, b: { c: undefined, d: null }, e: [undefined, 1] })).toStrictEqual({
      b: { d: null },
      e: [null, 1],
    });
  });
  test("mark a secret as the engine's protocol requires", () => {
    expect(secret("s")).toEqual({ "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", value: "s" });
  });
  test("of a read are plain JSON with marked secrets; a missing object stays an empty result", async () => {
    const state = { project: "p/q", agentId: 1, name: undefined, token: "s" };
    const found = door({ get: () => Promise.resolve({ id: 1 }), refreshed: () => state });
    expect(await found.read("p/q:1", {})).toStrictEqual({
      id: "p/q:1",
      props: { project: "p/q", agentId: 1, token: secret("s") },
    });
    expect(await door({}).read("p/q:1", { agentId: 1 })).toStrictEqual({});
  });
  test.each(["check", "diff", "create", "read", "update", "delete"] as const)(
    "%s throws an Error without a stack, whatever value was thrown inside",
    async (method) => {
      for (const thrown of [
        "text",
        undefined,
        null,
        5,
        new TypeError("text"),
        Object.assign(new Error("text"), { id: "7", code: 5, details: "x" }),
      ]) {
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the lifecycle must handle any value
        const fail = () => Promise.reject(thrown);
        const check = () => {
          // eslint-disable-next-line @typescript-eslint/only-throw-error -- the lifecycle must handle any value
          throw thrown;
        };
        const broken = door({ check, diff: fail, create: fail, get: fail, delete: fail });
        const call = broken[method] as (...args: unknown[]) => Promise<unknown>;
        const args = method === "check" || method === "create" ? [{}, {}] : ["p/q:1", {}, {}];
        const error = await call.apply(broken, args).then(
          () => undefined,
          (e: unknown) => e as Error,
        );
        expect(error).toBeInstanceOf(Error);
        expect(error?.stack).toBe(error?.message);
        expect(`${String(error)}`).not.toContain("\n");
        expect(
          Object.keys(error as object).filter((key) => ["id", "code", "details", "properties"].includes(key)),
        ).toEqual([]);
      }
    },
  );
});

describe("a created object is never lost", () => {
  test("complete outputs are recorded", async () => {
    const result = await createResult("p:1", {}, () => ({ a: 1, b: undefined }));
    expect(result).toStrictEqual({ id: "p:1", outs: { a: 1 } });
  });
  test("an exception of ours after the creation is a partial failure, whose properties include `__provider`", async () => {
    const broken = door({
      known: () => ({ agentId: 1, token: "s", x: undefined }),
      created: () => {
        throw new TypeError("cannot read this");
      },
    });
    const error = (await broken
      .create({ project: "p/q", __provider: "the text" })
      .catch((e: unknown) => e)) as InitFailure;
    expect(error.id).toBe("p/q:1");
    expect(error.properties).toStrictEqual({ agentId: 1, token: secret("s"), __provider: "the text" });
    expect(error.reasons).toEqual([expect.stringMatching(/exists in GitLab as p\/q:1.*cannot read this.*pulumi up/)]);
  });
  test("update completes a partial record from GitLab's response", async () => {
    const state = { project: "p/q", name: "b", agentId: 1, gone: undefined };
    const found = door({ get: () => Promise.resolve({ id: 1 }), refreshed: () => state });
    expect(await found.update("p/q:1", { agentId: 1 }, { name: "a", __provider: "t" })).toStrictEqual({
      outs: { project: "p/q", name: "b", agentId: 1, __provider: "t" },
    });
  });
  test("update of a missing object says what to do", async () => {
    await expect(door({}).update("p/q:1", { agentId: 1 }, {})).rejects.toThrow(
      /p\/q:1 no longer exists in GitLab.*pulumi refresh/,
    );
  });
});

test("unknown values are found at any depth", () => {
  expect([UNKNOWN, { a: [{ b: UNKNOWN }] }, [UNKNOWN]].map(isUnknown)).toEqual([true, true, true]);
  expect([undefined, null, "", 0, {}, [], { a: "x" }].map(isUnknown)).toEqual([
    false,
    false,
    false,
    false,
    false,
    false,
    false,
  ]);
});

describe("ids", () => {
  test.each([
    [42, 7, "42:7"],
    ["group/app", 7, "group/app:7"],
    ["group%2Fapp", 7, "group%2Fapp:7"],
  ])("of agents", (project, agentId, id) => {
    expect(formatId(project, agentId)).toBe(id);
    expect(parseId(id, "ClusterAgent", "agentId")).toEqual({ project: String(project), agentId, objectId: agentId });
  });
  test("of tokens and URL configurations", () => {
    expect(formatId("group/app", 7, 21)).toBe("group/app:7:21");
    expect(parseId("group/app:7:21", "AgentToken", "tokenId")).toEqual({
      project: "group/app",
      agentId: 7,
      objectId: 21,
    });
  });
  test.each(["", "7", ":7", "group/app", "group/app:", "group/app:x", "group/app:7:21", "a b:7", "0:7"])(
    "%p is refused for an agent",
    (id) => {
      expect(() => parseId(id, "ClusterAgent", "agentId")).toThrow(
        /is not the id of a ClusterAgent\. Such an id has the form <project>:<agentId>, for example/,
      );
    },
  );
  test.each(["", "group/app:7", "7:21", "group/app:7:x", "group/app:x:7"])("%p is refused for a token", (id) => {
    expect(() => parseId(id, "AgentToken", "tokenId")).toThrow(/<project>:<agentId>:<tokenId>/);
    expect(() => parseId(id, "ReceptiveUrlConfig", "urlConfigurationId")).toThrow(
      /<project>:<agentId>:<urlConfigurationId>/,
    );
  });
});
