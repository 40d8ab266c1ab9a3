import * as path from "node:path";

/** The root of the repository, from which the engine's processes resolve `pulumi-gitlab-agent`. */
export const repository = path.resolve(__dirname, "../..");
