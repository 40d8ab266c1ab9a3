import { getReceptiveUrlConfig, getReceptiveUrlConfigs } from "pulumi-gitlab-agent";
import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import { certificateAuthority } from "../support/certificates";
import { receptiveUrlConfig as door, configured } from "./doors";

const receptiveUrlConfig = door;
const KEY = /^[A-Za-z0-9+/]{43}=$/;
const around = { ...process.env };

/** The first GitLab versions with receptive agents: base64 with line breaks, and a newline at the end of the public key. */
let gitlab: Simulator;
beforeAll(async () => {
  gitlab = await startSimulator({ earlyVersion: true });
  Object.assign(process.env, { GITLAB_BASE_URL: gitlab.url, GITLAB_TOKEN: gitlab.tokens["maintainer"] });
});
afterAll(async () => {
  process.env = { ...around };
  await gitlab.close();
});

test("an early GitLab's public key is returned without its newline by the resource and the lookups, and is no difference", async () => {
  await configured(gitlab);
  const { cert } = await certificateAuthority();
  const { id: agentId } = gitlab.state.createAgent(101, "edge");
  const inputs = { project: 101, agentId, url: "grpcs://agent.example.com:443", caCert: cert };
  const { id, outs } = await receptiveUrlConfig.create(inputs);
  expect(outs).toMatchObject({ publicKey: expect.stringMatching(KEY) as string, caCert: cert });
  expect(await receptiveUrlConfig.read(id, outs)).toEqual({ id, props: outs });
  expect(await receptiveUrlConfig.diff(id, outs, inputs)).toMatchObject({ changes: false });

  const { urlConfigurationId } = outs as { urlConfigurationId: number };
  const wanted = { project: 101, agentId };
  expect((await getReceptiveUrlConfig({ ...wanted, urlConfigurationId })).publicKey).toMatch(KEY);
  expect((await getReceptiveUrlConfigs(wanted)).map(({ publicKey }) => publicKey)).toEqual([
    expect.stringMatching(KEY),
  ]);
});
