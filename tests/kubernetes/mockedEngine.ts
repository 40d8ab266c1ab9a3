import * as pulumi from "@pulumi/pulumi";

type Inputs = Record<string, unknown>;

/** A resource as the program declared it. */
export interface Declared {
  type: string;
  name: string;
  /** The inputs in the engine's protocol, with secret marks. */
  raw: Inputs;
  /** The inputs with secrets in clear. */
  inputs: Inputs;
  provider: string;
}

/**
 * What a program registered with an engine that does nothing: its resources, and the order in which their registrations began and
 * ended.
 */
export interface Declarations {
  all: Declared[];
  /** `begin <type's last part>` and `end …`, in order. */
  order: string[];
  /** The only resource with this type's end. */
  only: (type: string) => Declared;
}

const SECRET = "4dabf18193072939515e22adb298388d";
export const TOKEN = "glagent-mocked-token";
export const PUBLIC_KEY = "bW9ja2VkLXB1YmxpYy1rZXktb2YtMzItYnl0ZXMhISE=";

/** The outputs that GitLab would set; all others are as declared. `generation` distinguishes the tokens. */
function outputsOf(type: string, generation: number): Inputs {
  switch (type.split("/").pop()) {
    case "gitlab:ClusterAgent":
      return { agentId: 7 };
    case "gitlab:AgentToken":
      return { tokenId: 20 + generation, token: pulumi.secret(`${TOKEN}-${generation}`) };
    case "gitlab:AgentConnection":
      return { lastUsedAt: "2026-01-02T03:04:05.678Z" };
    case "gitlab:ReceptiveUrlConfig":
      return { urlConfigurationId: 3 };
    default:
      return {};
  }
}

const { waitForRPCs } = pulumi.runtime as unknown as { waitForRPCs: () => Promise<void> };

/** Runs a program with Pulumi's mocks, until every resource is registered. */
export async function declare<T>(
  program: () => T,
  settings: { preview?: boolean; generation?: number } = {},
): Promise<Declarations & { result: T }> {
  const { preview = false, generation = 1 } = settings;
  const all: Declared[] = [];
  const order: string[] = [];
  await pulumi.runtime.setMocks(
    {
      call: () => ({}),
      newResource: async ({ type, name, inputs, provider }) => {
        const raw = inputs as Inputs;
        const short = type.slice(type.lastIndexOf(":") + 1);
        order.push(`begin ${short}`);
        all.push({ type, name, raw, inputs: plain(raw) as Inputs, provider: provider ?? "" });
        // Long enough for all registrations that wait for nothing to begin.
        for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
        order.push(`end ${short}`);
        const mutual = type.endsWith("ReceptiveUrlConfig") && raw["clientCert"] !== undefined;
        const answer = preview ? {} : outputsOf(type, generation);
        const publicKey = type.endsWith("ReceptiveUrlConfig") && !mutual && !preview ? { publicKey: PUBLIC_KEY } : {};
        return { id: preview ? undefined : `${name}-id`, state: { ...raw, ...answer, ...publicKey } };
      },
    },
    "test",
    "dev",
    preview,
  );
  // Registrations continue after the program has ended or failed, and must not reach the next program's mocks.
  const [result] = await Promise.allSettled([Promise.resolve().then(program)]);
  await waitForRPCs();
  if (result.status === "rejected") throw result.reason;
  const only = (type: string): Declared => {
    const found = all.filter((each) => each.type.endsWith(type));
    if (found.length !== 1)
      throw new Error(`${found.length} resources end in ${type}: ${all.map((each) => each.type).join()}`);
    return found[0]!;
  };
  return { all, order, only, result: result.value };
}

export const promised = <T>(output: pulumi.Output<T>): Promise<T> =>
  (output as unknown as { promise(): Promise<T> }).promise();

export const isSecret = (output: pulumi.Output<unknown>): Promise<boolean> =>
  (output as unknown as { isSecret: Promise<boolean> }).isSecret;

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  if (SECRET in value && "value" in value) return plain(value.value);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

/** The places of a text outside of secrets. */
export function inClear(text: string, value: unknown, place = ""): string[] {
  if (typeof value === "string") return value.includes(text) ? [place] : [];
  if (typeof value !== "object" || value === null || SECRET in value) return [];
  return Object.entries(value).flatMap(([key, inner]) => inClear(text, inner, `${place}.${key}`));
}
