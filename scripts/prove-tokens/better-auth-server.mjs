// A Better Auth server as in docs/tokens.md. The parent process sends commands for what an operator
// does in the database. Without a parent process it is a server to try the recipe with:
//   PORT=3000 node better-auth-server.mjs
import { createServer } from 'node:http';
import { betterAuth } from 'better-auth';
import { memoryAdapter } from 'better-auth/adapters/memory';
import { toNodeHandler } from 'better-auth/node';
import { jwt } from 'better-auth/plugins';
import { SignJWT } from 'jose';

const port = Number(process.env.PORT ?? 3000);
const origin = `http://localhost:${port}`;
const alg = process.env.ALG ?? 'EdDSA';
const audience = process.env.AUDIENCE; // undefined: Better Auth uses the baseURL
const expirationTime = process.env.EXPIRATION ?? '15m';

const shared = () => new TextEncoder().encode(process.env.BETTER_AUTH_SECRET);

const plugin =
  alg === 'HS256'
    ? jwt({
        // With jwt.sign Better Auth requires a remoteUrl, but fetches nothing from it.
        jwks: { remoteUrl: `${origin}/none`, keyPairConfig: { alg: 'EdDSA' } },
        jwt: {
          audience,
          expirationTime,
          sign: (claims) =>
            new SignJWT(claims).setProtectedHeader({ alg: 'HS256', typ: 'JWT' }).sign(shared()),
        },
      })
    : jwt({
        jwks: alg === 'EdDSA' ? {} : { keyPairConfig: { alg } },
        jwt: { audience, expirationTime },
      });

const tables = { user: [], session: [], account: [], verification: [], jwks: [] };
const auth = betterAuth({
  baseURL: origin,
  secret: process.env.BETTER_AUTH_SECRET,
  database: memoryAdapter(tables),
  emailAndPassword: { enabled: true },
  telemetry: { enabled: false },
  plugins: [plugin],
});

let server;

async function listen() {
  server = createServer(toNodeHandler(auth));
  await new Promise((resolve, reject) =>
    server.once('error', reject).listen(port, '127.0.0.1', resolve),
  );
}

const commands = {
  // update jwks set "expiresAt" = now(): a new key signs, the old keys stay for their grace period.
  rotate: () => tables.jwks.forEach((key) => (key.expiresAt = new Date())),
  // delete from jwks: tokens of these keys become invalid.
  withdraw: () => tables.jwks.splice(0),
  sign: async (claims) => (await auth.api.signJWT({ body: { payload: claims } })).token,
  listen,
  close: () =>
    new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    }),
};

await listen();
if (process.send) {
  process.on('disconnect', () => process.exit());
  process.on('message', async ({ command, argument }) => {
    try {
      process.send({ result: await commands[command](argument) });
    } catch (e) {
      process.send({ error: String(e) });
    }
  });
  process.send({ result: 'listening' });
} else {
  console.log(`Better Auth at ${origin}/api/auth, JWKS at ${origin}/api/auth/jwks`);
}
