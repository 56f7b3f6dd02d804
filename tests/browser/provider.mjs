/**
 * A real provider of OpenID Connect on the loopback, for `tests/http/oidc.rs`: `node provider.mjs CLIENT SECRET REDIRECT`. Prints its
 * issuer once it listens; whoever types a login there is that account. Ends with the process that started it.
 */
import { createServer } from "node:http";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { Provider } from "oidc-provider";

const [client_id, client_secret, redirect] = process.argv.slice(2);
const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const server = createServer((request, response) => answer(request, response));
let answer = (_, response) => response.writeHead(503).end();
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [{ client_id, client_secret, redirect_uris: [redirect], grant_types: ["authorization_code"], response_types: ["code"] }],
    cookies: { keys: [randomBytes(16).toString("hex")] },
    jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), use: "sig", alg: "RS256" }] },
    claims: { openid: ["sub"], profile: ["name", "preferred_username"], email: ["email"] },
    conformIdTokenClaims: false,
    findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub, name: sub, preferred_username: sub, email: `${sub}@example.com` }) }),
  });
  answer = provider.callback();
  console.log(issuer);
});
