// A forward proxy in a process of its own: `node forwardProxyProcess.mjs [user:password]`. Prints its port, then one line of
// JSON for each request and tunnel that it is asked for.
import { Server } from "proxy-chain";

const [credentials] = process.argv.slice(2);
const server = new Server({
  host: "127.0.0.1",
  port: 0,
  prepareRequestFunction: ({ hostname, port, isHttp, username, password }) => {
    const admitted = credentials === undefined || `${username}:${password}` === credentials;
    console.log(JSON.stringify({ host: `${hostname}:${port}`, tunnel: !isHttp, admitted }));
    return { requestAuthentication: !admitted };
  },
});
// It ends together with the process that started it, in any case.
process.stdin.resume().on("end", () => process.exit());
await server.listen();
console.log(server.port);
