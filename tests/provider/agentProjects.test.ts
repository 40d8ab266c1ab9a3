import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import { agentToken, clusterAgent, receptiveUrlConfig, configured, nextRun, type Door } from "./doors";

// The agent's project has moved, and another project has its former path, which the program still declares.
let simulator: Simulator;
let paths = 0;
let path: string;
beforeAll(async () => {
  simulator = await startSimulator();
  await configured(simulator);
});
afterAll(() => simulator.close());
beforeEach(() => {
  nextRun();
  path = `moving/app-${++paths}`;
});

type Props = Record<string, unknown>;
interface Held {
  id: string;
  props: Props;
}

const state = () => simulator.state;
const [agents, tokens, configs] = [clusterAgent, agentToken, receptiveUrlConfig] as Door[];
const plain = (props: unknown) => JSON.parse(JSON.stringify(props)) as Props;

async function created(door: Door | undefined, inputs: Props): Promise<Held> {
  const { id, outs } = await door!.create(inputs);
  return { id, props: plain(outs) };
}

/** Moves the agent's project, and gives its former path to another project. Returns the number of the agent's project. */
function moveAway(): number {
  const { id } = state().project(path);
  state().renameProject(path, `${path}-moved`, { redirect: false });
  state().createProject({ path });
  return id;
}

const CHILDREN: [string, () => Door, Props][] = [
  ["token", () => tokens!, { name: "blue" }],
  ["URL configuration", () => configs!, { url: "grpc://agent.example.com:80" }],
];
const count = (agentId: number) =>
  state().activeTokens(agentId).length + state().urlConfigurations.filter((one) => one.agentId === agentId).length;

describe.each(CHILDREN)("a %s", (kind, door, rest) => {
  test("added after the move is created, recorded, found and deleted by the project number that its agent recorded", async () => {
    state().createProject({ path });
    const agent = await created(agents, { project: path, name: "a" });
    const agentId = agent.props["agentId"] as number;
    const number = moveAway();
    nextRun();
    await agents!.diff(agent.id, agent.props, { project: path, name: "a" });
    const child = await created(door(), { project: path, agentId, ...rest });
    expect(child.props["projectId"]).toBe(number);
    nextRun();
    expect((await door().read(child.id, child.props)).props).toMatchObject({ projectId: number });
    await door().delete(child.id, child.props);
    expect(count(agentId)).toBe(0);
  });

  test("records the project number of its own agent, not that of another agent that once had the same path", async () => {
    state().createProject({ path });
    const before = await created(agents, { project: path, name: "a" });
    moveAway();
    const here = state().createAgent(path, "b");
    nextRun();
    await agents!.diff(before.id, before.props, { project: path, name: "a" });
    const child = await created(door(), { project: path, agentId: here.id, ...rest });
    expect(child.props["projectId"]).toBe(state().project(path).id);
  });

  test.each(["at import", "at a refresh"])(
    "whose agent is not in the program learns the project number %s",
    async (when) => {
      const { id: number } = state().createProject({ path });
      const agent = state().createAgent(number, "a");
      const own =
        kind === "token"
          ? state().createToken(agent.id, "blue", null, 1)
          : state().setUrlConfiguration(agent.id, { url: "grpc://agent.example.com:80" });
      const importId = `${path}:${agent.id}:${own.id}`;
      const child = await created(door(), { project: path, agentId: agent.id, ...rest, importId });
      if (when === "at a refresh") {
        delete child.props["projectId"];
        nextRun();
        child.props = plain((await door().read(child.id, child.props)).props);
      }
      expect(child.props["projectId"]).toBe(number);
      moveAway();
      nextRun();
      expect(await door().read(child.id, child.props)).toMatchObject({ id: child.id });
    },
  );
});

test("rotating one of two tokens revokes only that one, and creates its successor", async () => {
  state().createProject({ path });
  const agent = await created(agents, { project: path, name: "a" });
  const agentId = agent.props["agentId"] as number;
  const inputs = (name: string, month: number) => ({ project: path, agentId, name, rotationTriggers: { month } });
  const blue = await created(tokens, inputs("blue", 1));
  const green = await created(tokens, inputs("green", 1));
  moveAway();
  // The agent is not targeted, so the project's number is known only from the tokens' state.
  nextRun();
  const diff = await tokens!.diff(blue.id, { ...blue.props, token: "" }, inputs("blue", 2));
  expect(diff).toMatchObject({ changes: true, deleteBeforeReplace: true });
  await tokens!.delete(blue.id, blue.props);
  const next = await created(tokens, inputs("blue", 2));
  expect(next.props["projectId"]).toBe(blue.props["projectId"]);
  const active = state()
    .activeTokens(agentId)
    .map(({ id }) => id);
  expect(active).toEqual([green.props["tokenId"], next.props["tokenId"]]);
});

test("a URL configuration that somebody else created in place of ours is neither read nor deleted as ours", async () => {
  const { id: project } = state().createProject({ path });
  const agent = state().createAgent(project, "a");
  const inputs = { project: path, agentId: agent.id, url: "grpc://agent.example.com:80" };
  const ours = await created(configs, inputs);
  const theirs = state().setUrlConfiguration(agent.id, { url: inputs.url });
  nextRun();
  expect(await configs!.read(ours.id, ours.props)).toEqual({});
  // A deletion that an earlier update left.
  await configs!.delete(ours.id, ours.props);
  expect(state().urlConfigurations.find(({ agentId }) => agentId === agent.id)).toEqual(theirs);
  await expect(configs!.create(inputs)).rejects.toThrow(
    new RegExp(`has URL configuration ${theirs.id} .*import: "${path}:${agent.id}:${theirs.id}"`),
  );
});
