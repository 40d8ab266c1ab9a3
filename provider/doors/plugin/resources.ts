import {
  CheckFailure,
  CheckRequest,
  CheckResponse,
  CreateResponse,
  DiffResponse,
  PropertyDiff,
  ReadResponse,
  UpdateResponse,
  type CreateRequest,
  type DeleteRequest,
  type DiffRequest,
  type ReadRequest,
  type UpdateRequest,
} from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import type { Properties } from "../../inputs/properties";
import { withCode } from "../../gitlab";
import { show } from "./engine";
import { kindIn, type Kind } from "./kinds";
import { plain, received, sent, UNKNOWN } from "./wire";

/** The inputs of the dynamic resources' option `import`. A program of the plugin imports by Pulumi's own option. */
const DYNAMIC_IMPORT = ["importId", "allowMissingToken"];

export async function check(request: CheckRequest): Promise<CheckResponse> {
  const kind = kindIn(request.getUrn());
  const news = withName(kind, plain(request.getNews()), request);
  // Another number is no project's, which check says.
  if (Number.isSafeInteger(news["project"])) news["project"] = String(news["project"]);
  const response = new CheckResponse();
  const foreign = DYNAMIC_IMPORT.filter((name) => news[name] !== undefined && news[name] !== null);
  if (foreign.length > 0) {
    const reason = `\`${foreign[0]}\` is not an argument of the plugin's resources. To import, set Pulumi's own resource option \`import\`, or run \`pulumi import\``;
    response.addFailures(new CheckFailure().setReason(withCode(reason)));
    return response.setInputs(request.getNews());
  }
  const { inputs, failures = [] } = await kind.lifecycle.check(plain(request.getOlds()), news);
  response.setInputs(sent(inputs, kind.secrets, received(request.getNews())));
  for (const { property, reason } of failures) {
    response.addFailures(new CheckFailure().setProperty(property).setReason(reason));
  }
  return response;
}

/** The inputs with the default name: the proposal of the stack's autonaming, or the resource's own name. */
function withName(kind: Kind, news: Properties, request: CheckRequest): Properties {
  if (!kind.inputs.includes("name") || (news["name"] !== undefined && news["name"] !== null)) return news;
  const autonaming = request.getAutonaming();
  // `pulumi:autonaming: { mode: disabled }`: check reports that the name is missing.
  if (autonaming?.getMode() === CheckRequest.AutonamingOptions.Mode.DISABLE) return news;
  const ownName = request.getName() || request.getUrn().split("::").slice(3).join("::");
  return { ...news, name: autonaming?.getProposedName() || ownName, __auto: true };
}

export async function diff(request: DiffRequest): Promise<DiffResponse> {
  const kind = kindIn(request.getUrn());
  const [olds, news] = [plain(request.getOlds()), plain(request.getNews())];
  const found = await kind.lifecycle.diff(request.getId(), olds, news);
  const { replaces = [] } = found;
  const { DIFF_NONE, DIFF_SOME } = DiffResponse.DiffChanges;
  const response = new DiffResponse()
    .setChanges(found.changes ? DIFF_SOME : DIFF_NONE)
    .setReplacesList(replaces)
    .setDiffsList(replaces)
    .setDeletebeforereplace(found.deleteBeforeReplace ?? false)
    .setHasdetaileddiff(true);
  for (const name of replaces) response.getDetaileddiffMap().set(name, replacement(olds[name], news[name]));
  return response;
}

function replacement(old: unknown, declared: unknown): PropertyDiff {
  const { ADD_REPLACE, DELETE_REPLACE, UPDATE_REPLACE } = PropertyDiff.Kind;
  const absent = (value: unknown): boolean => value === undefined || value === null;
  const kind = absent(old) ? ADD_REPLACE : absent(declared) ? DELETE_REPLACE : UPDATE_REPLACE;
  return new PropertyDiff().setKind(kind);
}

export async function create(request: CreateRequest): Promise<CreateResponse> {
  const kind = kindIn(request.getUrn());
  const given = received(request.getProperties());
  const inputs = plain(request.getProperties());
  if (request.getPreview()) {
    const unknown = Object.fromEntries(kind.outputs.map((name) => [name, UNKNOWN]));
    return new CreateResponse().setProperties(sent({ ...inputs, ...unknown }, kind.secrets, given));
  }
  const { id, outs } = await kind.lifecycle.create(inputs);
  return new CreateResponse().setId(id).setProperties(sent(stateOf(outs), kind.secrets, given));
}

/** Refresh, `get` and `pulumi import`. The last two come without a state, and an import needs the inputs. */
export async function read(request: ReadRequest): Promise<ReadResponse> {
  const kind = kindIn(request.getUrn());
  const [stateGiven, inputsGiven] = [received(request.getProperties()), received(request.getInputs())];
  const recorded = plain(request.getProperties());
  const { id, props } = await kind.lifecycle.read(request.getId(), recorded);
  if (id === undefined || props === undefined) return new ReadResponse();
  const state = stateOf(props);
  const refreshing = Object.keys(inputsGiven).length > 0;
  const inputs = refreshing ? plain(request.getInputs()) : inputsOf(kind, state);
  if (Object.keys(recorded).length === 0 && kind.secrets.includes("token")) {
    show(
      withCode(
        `the token ${id} is read without its secret, which GitLab shows once, when it creates the token: \`token\` stays empty. For a new secret change \`rotationTriggers\` of the resource: that creates a new token and then revokes this one, so first move what still uses this one.`,
      ),
      "warning",
    );
  }
  return new ReadResponse()
    .setId(id)
    .setProperties(sent(state, kind.secrets, stateGiven))
    .setInputs(sent(inputs, kind.secrets, { ...stateGiven, ...inputsGiven }));
}

function inputsOf(kind: Kind, state: Properties): Properties {
  const given = kind.inputs.filter((name) => state[name] !== undefined && state[name] !== null);
  return Object.fromEntries(given.map((name) => [name, state[name]]));
}

/** No input can be changed in place: this completes a partially recorded object. */
export async function update(request: UpdateRequest): Promise<UpdateResponse> {
  const kind = kindIn(request.getUrn());
  const given = received(request.getNews());
  const [olds, news] = [plain(request.getOlds()), plain(request.getNews())];
  if (request.getPreview()) {
    return new UpdateResponse().setProperties(sent({ ...olds, ...news }, kind.secrets, given));
  }
  const { outs } = await kind.lifecycle.update(request.getId(), olds, news);
  return new UpdateResponse().setProperties(sent(stateOf(outs), kind.secrets, given));
}

export async function remove(request: DeleteRequest): Promise<Empty> {
  await kindIn(request.getUrn()).lifecycle.delete(request.getId(), plain(request.getProperties()));
  return new Empty();
}

/** The outputs of this door: `project` is a string, and outputs that only the dynamic door needs are omitted. */
function stateOf(outputs: Properties): Properties {
  const { __provider, ...state } = outputs;
  return { ...state, project: String(state["project"]) };
}
