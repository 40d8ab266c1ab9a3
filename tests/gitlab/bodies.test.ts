import type { ServerResponse } from "node:http";
import {
  withCode,
  LostResponseError,
  NetworkError,
  ServerError,
  UnexpectedResponseError,
  NotFoundError,
} from "../../provider/gitlab";
import { expectEntry } from "../support/catalogue";
import { ResponseServer } from "./responseServer";
import { failure } from "./client";

const PAGE = "<!DOCTYPE html><html><head><title>Sign in</title></head></html>";

describe("a page of HTML with a success status", () => {
  let server: ResponseServer;
  beforeEach(() => void (server = new ResponseServer()));
  afterEach(() => server.close());

  it.each([
    ["by its content type", "text/html; charset=utf-8", "Sign in, please"],
    ["by its first words", "text/plain", PAGE],
  ])("is reported as a wrong address for a read if it comes twice in a row, known %s", async (_, type, body) => {
    const gitlab = await server.serve((__, response) => {
      response.setHeader("Content-Type", type);
      response.end(body);
    });
    const error = await failure(gitlab.begin("read the user").user());
    expect(error).toBeInstanceOf(NetworkError);
    expect(error.message).toMatch(
      /is not JSON \(tried 2 times.*the base URL \(http:\/\/127\.0\.0\.1:\d+, `gitlab:baseUrl` in the stack's configuration\) is probably not GitLab's address: check host, port and sub-path/,
    );
    expect(server.seen).toHaveLength(2);
  });

  it("is retried as a passing failure if it comes once, or now and then", async () => {
    const gitlab = await server.serve((_, response) => {
      const turn = server.seen.length;
      if (turn === 2) response.statusCode = 503;
      response.end(turn < 4 ? PAGE : '{"id":1,"username":"one"}');
    });
    expect(await gitlab.begin("read the user").user()).toMatchObject({ id: 1 });
    expect(server.seen).toHaveLength(4);
  });

  it("is a lost response to a POST, which is sent once", async () => {
    const gitlab = await server.serve((_, response) => void response.end(PAGE));
    const error = await failure(gitlab.begin("register").agents.create(1, "one"));
    expect(error).toBeInstanceOf(LostResponseError);
    expect(server.seen).toHaveLength(1);
  });
});

describe("a body that never ends", () => {
  let server: ResponseServer;
  beforeEach(() => void (server = new ResponseServer()));
  afterEach(() => server.close());
  /** Writes blanks until the client closes the connection. */
  const writeBlanks = (response: ServerResponse): void => {
    const blanks = Buffer.alloc(256 * 1024, " ");
    const more = (): void => {
      if (response.destroyed) return;
      response.write(blanks, () => setImmediate(more));
    };
    more();
  };

  it("is read up to a limit, and reported after one try of a read", async () => {
    const gitlab = await server.serve((_, response) => writeBlanks(response));
    const error = await failure(gitlab.begin("read the user").user());
    expect(error).toBeInstanceOf(NetworkError);
    expectEntry("A response that is too long", withCode(error.message));
    expect(server.seen).toHaveLength(1);
  });

  it("is a lost response to a POST", async () => {
    const gitlab = await server.serve((_, response) => writeBlanks(response));
    expect(await failure(gitlab.begin("register").agents.create(1, "one"))).toBeInstanceOf(LostResponseError);
  });

  it.each([
    [404, NotFoundError],
    [500, ServerError],
  ])("does not hide status %d", async (status, kind) => {
    const gitlab = await server.serve(
      (_, response) => {
        response.statusCode = status;
        writeBlanks(response);
      },
      { maxRetries: "0" },
    );
    expect(await failure(gitlab.begin("read the user").user())).toBeInstanceOf(kind);
  });
});

describe("metadata", () => {
  let server: ResponseServer;
  beforeEach(() => void (server = new ResponseServer()));
  afterEach(() => server.close());

  it.each([
    ["no kas", '{"version":"14.9.0"}'],
    ["null in its place", '{"version":"14.9.0","kas":null}'],
    ["a text in its place", '{"version":"14.9.0","kas":"on"}'],
    ["an empty kas", '{"version":"14.9.0","kas":{}}'],
  ])("with %s is a readable error", async (_, body) => {
    const gitlab = await server.serve((__, response) => void response.end(body));
    const error = await failure(gitlab.begin("read GitLab's metadata").metadata());
    expect(error).toBeInstanceOf(UnexpectedResponseError);
    expectEntry("GitLab does not describe its agent server", withCode(error.message));
    expect(server.seen).toHaveLength(1);
  });
});
