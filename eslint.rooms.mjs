/**
 * The rooms of provider/, and which others each may import from (docs/architecture.md). A room is a folder, or the files that stand
 * beside the folders; what is not named is forbidden. From the bottom to the top: settings and errors, one HTTP request, the
 * endpoints, one operation; whose project and whose object; how objects are created; their kinds; the dynamic door,
 * whose list of kinds the plugin serves too.
 */
const GITLAB = "gitlab/index.ts";
const PROJECT = ["project.ts", "projectNumbers.ts", "presence.ts"];
const LIFECYCLE = ["objects.ts", "lifecycle.ts"];
const KINDS = ["clusterAgent.ts", "agentToken.ts", "receptiveUrlConfig.ts", "agentConnection.ts"];
const BASE = ["errors.ts", "errorCodes.ts", "redaction.ts", "runtime.ts", "version.ts"].map((file) => `gitlab/${file}`);
const OPERATION = ["gitlab/operation.ts", "gitlab/client.ts", GITLAB];
const DOOR = ["doors/dynamic.ts", "doors/configure.ts", "doors/engine.ts"];
const BELOW_CREATION = [GITLAB, "inputs", "configuration.ts", "ownership", ...PROJECT];

export const ROOMS = [
  { room: BASE, imports: [] },
  { room: ["gitlab/settings"], imports: BASE },
  { room: ["gitlab/http"], imports: [...BASE, "gitlab/settings"] },
  { room: ["gitlab/api"], imports: [...BASE, "gitlab/settings", "gitlab/http"] },
  { room: OPERATION, imports: [...BASE, "gitlab/settings", "gitlab/http", "gitlab/api"] },
  { room: ["inputs"], imports: [GITLAB] },
  { room: ["configuration.ts"], imports: [GITLAB, "inputs"] },
  { room: ["ownership"], imports: [GITLAB, "inputs", "configuration.ts"] },
  { room: PROJECT, imports: [GITLAB, "inputs", "configuration.ts", "ownership"] },
  { room: ["creation"], imports: BELOW_CREATION },
  { room: LIFECYCLE, imports: BELOW_CREATION },
  { room: KINDS, imports: [...BELOW_CREATION, "creation", ...LIFECYCLE] },
  { room: ["lookups"], imports: [GITLAB, "inputs"] },
  { room: DOOR, imports: [...BELOW_CREATION, "creation/cancellation.ts", ...LIFECYCLE] },
  { room: ["index.ts"], imports: [...DOOR, ...LIFECYCLE, ...KINDS] },
  {
    room: ["doors/plugin"],
    imports: [...BELOW_CREATION, "creation/cancellation.ts", ...LIFECYCLE, ...DOOR, "index.ts", "lookups"],
  },
];

/** The zones of `import-x/no-restricted-paths`: for each room all of provider/, except what it may import from. */
export const ZONES = ROOMS.map(({ room, imports }) => ({
  target: room.map((place) => `./provider/${place}`),
  from: "./provider",
  except: [...room, ...imports].map((place) => `./${place}`),
  message: `${room.join(", ")} may import from ${imports.join(", ") || "nothing else of provider/"}.`,
}));
