import { execFileSync } from "node:child_process";
import { createReadStream, existsSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { connect, type AddressInfo, type Socket } from "node:net";
import * as path from "node:path";
import type { CertificateAuthority } from "../support/certificates";
import { repository } from "../support/repository";

const HOST = "charts.gitlab.io";

/** An HTTPS proxy that serves our chart repository under the name of GitLab's, with TLS, and reaches nothing else. */
export interface ChartRepository {
  /** The value of HTTPS_PROXY. */
  proxy: string;
  close(): void;
}

/**
 * Packs the tests' chart with Helm and serves it, so that programs can install `gitlab-agent` from GitLab's repository unchanged.
 */
export async function startChartRepository(
  helm: string,
  authority: CertificateAuthority,
  folder: string,
): Promise<ChartRepository> {
  const quiet = { stdio: "pipe" as const };
  execFileSync(helm, ["package", path.join(repository, "tests/kubernetes/chart"), "--destination", folder], quiet);
  execFileSync(helm, ["repo", "index", folder, "--url", `https://${HOST}`], quiet);
  const { cert, key } = await authority.issue({ commonName: HOST, hosts: [HOST] });
  const charts = createTlsServer({ cert, key }, (request, response) => {
    const file = path.join(folder, path.basename(request.url ?? ""));
    if (!existsSync(file)) return void response.writeHead(404).end();
    createReadStream(file).pipe(response);
  });
  const proxy = createServer((_, response) => void response.writeHead(403).end());
  const sockets = new Set<Socket>();
  proxy.on("connect", (request, client: Socket) => {
    if (request.url !== `${HOST}:443`) return void client.end("HTTP/1.1 403 Forbidden\r\n\r\n");
    const server = connect((charts.address() as AddressInfo).port, "127.0.0.1", () => {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      server.pipe(client).pipe(server);
    });
    for (const socket of [client, server]) {
      sockets.add(socket);
      socket.on("error", () => socket.destroy());
    }
  });
  for (const server of [charts, proxy])
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    proxy: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    close: () => {
      for (const socket of sockets) socket.destroy();
      for (const server of [charts, proxy]) server.close();
    },
  };
}
