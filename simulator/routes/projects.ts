import { authenticated } from "../authentication";
import { roleIn, visibleProject } from "../authorization";
import type { SimulatorApp } from "../context";
import { projectIdentity } from "../entities";
import { ACCESS_LEVELS } from "../records";

/** `GET /projects/:id`, with the fields that agents need. A public project is visible without a credential too. */
export function projectRoutes(app: SimulatorApp): void {
  app.get("/projects/:id", (c) => {
    const user = authenticated(c);
    const project = visibleProject(c, user);
    const level = ACCESS_LEVELS[user?.admin ? "none" : roleIn(user, project)];
    return c.json({
      ...projectIdentity(project),
      default_branch: "main",
      visibility: project.visibility,
      web_url: `${c.env.simulation.externalUrl()}/${project.path}`,
      ...(user === undefined
        ? {}
        : {
            permissions: {
              project_access: level === 0 ? null : { access_level: level, notification_level: 3 },
              group_access: null,
            },
          }),
    });
  });
}
